// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "core/event.hpp"
#include "runtime/progress.hpp"
#include "runtime/report.hpp"
#include "runtime/service_tree.hpp"
#include "sys/fd.hpp"
#include "sys/loop.hpp"
#include "sys/notify.hpp"

namespace runtime {

/// Before a readiness probe that could not be started, or that something killed, is tried again.
inline constexpr base::Duration kProbePause{1'000};

/// A descriptor and its place in the loop.
struct Watched {
    sys::UniqueFd fd;
    sys::Token token;
};

/// The kernel's side of one service: its processes and the descriptors PID 1 holds for it.
struct ServiceProcess {
    explicit ServiceProcess(std::string_view name) : tree{name} {}

    base::Pid leader = base::Pid::None;       ///< the forked child; leads the session and the group
    base::Pid main = base::Pid::None;         ///< the same, unless MAINPID= named another
    base::Pid probe = base::Pid::None;        ///< readiness probe
    std::optional<base::Instant> next_probe;  ///< when the probe is tried again: it could not be
                                              ///< started, or ended without an answer
    base::Pid hook = base::Pid::None;         ///< before-stop command
    base::Pid health = base::Pid::None;       ///< health probe
    Watched status;  ///< status pipe, until execve or the end of the set-up
    Watched ready;   ///< readiness pipe
    Watched notify;  ///< notification socket, kept for all runs; what a run left unread is dropped
    std::array<char, 8> notify_address{};
    bool reached_exec = false;  ///< the child said that its execve comes next
    bool tree_is_watched = false;
    std::uint64_t refused_messages = 0;
    DeathNote death;         ///< what is known of its last end
    base::Text status_text;  ///< STATUS= of sd_notify
    Progress progress;
    ServiceTree tree;
};

/// KILL to a probe or a hook, with all that is in its group; None is nobody.
void kill_helper(base::Pid group);

}  // namespace runtime
