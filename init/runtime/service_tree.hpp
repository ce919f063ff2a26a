// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/pid.hpp"
#include "core/spec.hpp"
#include "sys/process_table.hpp"

namespace runtime {

/// Knows which processes belong to a service. A process belongs to it when its session or process
/// group is known to be the service's own, when its parent belongs to it, or when PID 1 adopted it
/// and its environment carries the marker PIDONE_SERVICE=NAME that every service is started with (a
/// daemon that forked twice and called setsid has no other trace). What a look finds out is
/// remembered, so later looks know the children of what has gone. Allocation-free after
/// construction.
class ServiceTree {
  public:
    explicit ServiceTree(std::string_view service_name);

    /// A new run of the service begins: `leader` leads its session and group. Forgets the run
    /// before.
    void begin(base::Pid leader);

    /// The leader was reaped: from now on its number names a process of the service no more.
    void lose_leader() { leader_lives_ = false; }

    /// Whether the leader's number names it and nobody else: it lives, or is a zombie.
    [[nodiscard]] bool leader_lives() const { return leader_lives_; }

    /// A new process bears this number, so no session or group of the service has it any more.
    void forget(base::Pid id);

    /// Looks through /proc and returns the live (non-zombie) processes of the service, `ignored`
    /// and their groups left out. The span is valid until the next look at any service. Empty
    /// without /proc. A tree that grows meanwhile is not followed to its end: the next look goes
    /// on.
    [[nodiscard]] std::span<const sys::ProcessInfo> look(std::span<const base::Pid> ignored);

    /// Whether no live process of the service is left; without /proc whether its group is empty.
    [[nodiscard]] bool is_empty(std::span<const base::Pid> ignored);

    /// All trees look at what /proc showed at one moment, until this is called, so that a hundred
    /// services that stop at once do not read it a hundred times. A look at a leader that has died
    /// since reads it again.
    static void expire_looks();

  private:
    class Walk;
    void refresh() const;
    [[nodiscard]] bool knows(base::Pid id) const;
    void learn(base::Pid id);
    [[nodiscard]] bool belongs(const sys::ProcessInfo& process,
                               std::span<const sys::ProcessInfo> found) const;
    [[nodiscard]] std::optional<sys::ProcessInfo> next_member(
        Walk& walk, std::span<const base::Pid> ignored, std::span<const sys::ProcessInfo> found);

    std::string marker_;
    base::Pid leader_ = base::Pid::None;
    bool leader_lives_ = false;
    bool is_over_ = false;  ///< a look behind the leader's end found nobody, so nobody can come
    std::array<base::Pid, 32> ids_{};  ///< sessions and groups
    std::size_t id_count_ = 0;
};

}  // namespace runtime
