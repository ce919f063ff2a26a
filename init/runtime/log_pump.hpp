// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec.hpp"
#include "log/log.hpp"
#include "log/pump.hpp"
#include "sys/reap.hpp"

namespace runtime {

/// PID 1's side of the log pump (log/pump.hpp): owns the pipes of the services whose `log.mode` is
/// "prefix" or "json", for all their runs, and the memory that outlives a pump; forks one pump for
/// all of them and another one when it dies. Without such a service there is nothing of it. Only
/// open() allocates, and serve().
class LogPump {
  public:
    /// `spec` must outlive the pump.
    explicit LogPump(const core::Spec& spec) : spec_{spec} {}

    /// Makes the pipes and the memory; the error is the call that failed.
    [[nodiscard]] base::Result<void> open();

    /// Listens for `pidone logs` beside the control socket, whose name is `control` ("" = nowhere).
    [[nodiscard]] base::Result<void> serve(std::string_view control);

    /// Forks the pump, where there is something to pump.
    void start(core::Instant now, logging::Logger& log);

    /// What the service's processes get as standard output and standard error; -1 = PID 1's own.
    [[nodiscard]] std::array<int, 2> outputs(core::ServiceId id) const;

    /// A child ended: whether it was the pump. If it has not done its work the next one begins, at
    /// once where this one did some of it.
    bool on_death(const sys::Exited& child, core::Instant now, logging::Logger& log);

    /// When on_time() wants to be called.
    [[nodiscard]] std::optional<core::Instant> next_start() const { return next_start_; }
    void on_time(core::Instant now, logging::Logger& log);

    /// No service is left: PID 1 gives up its write ends, so that the pump ends when all is
    /// written. One that was to start later starts now.
    void end_input(core::Instant now, logging::Logger& log);

    /// KILL comes to everybody, or no pump lives long enough: says what is lost.
    void give_up(logging::Logger& log);

    /// The pump; None when there is none now. It is no service and no straggler.
    [[nodiscard]] base::Pid pid() const { return pid_; }

    /// What is known of the output of a service; nullptr when it is not pumped.
    [[nodiscard]] const logging::PumpCounters* counters(core::ServiceId id) const;

  private:
    struct Entry {
        core::ServiceId id{};
        std::array<sys::UniqueFd, 2> read;
        std::array<sys::UniqueFd, 2> write;
        std::size_t capacity = 0;
        logging::PumpState::Service* state = nullptr;
        std::span<char> ring;
    };

    [[nodiscard]] base::Result<void> open_pipes(Entry& entry);
    [[nodiscard]] base::Result<void> map_memory();
    [[nodiscard]] logging::PumpSettings settings() const;
    [[nodiscard]] const Entry* find(core::ServiceId id) const;
    [[nodiscard]] std::uint64_t progress() const;
    [[nodiscard]] core::Duration pause_after(core::Instant now);

    const core::Spec& spec_;
    std::vector<Entry> entries_;
    logging::PumpState* state_ = nullptr;
    sys::UniqueFd listener_;
    base::Pid pid_ = base::Pid::None;
    core::Instant started_at_{};
    std::uint64_t started_with_ = 0;  ///< progress() then
    unsigned failures_ = 0;           ///< pumps in a row that did nothing
    std::optional<core::Instant> next_start_;
    bool has_ended_input_ = false;
    bool is_given_up_ = false;
};

}  // namespace runtime
