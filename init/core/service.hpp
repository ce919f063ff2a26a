// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/event.hpp"

namespace core {

/// Where a service is in its life. One enumerator, one deadline whose meaning it fixes.
enum class State {
    Waiting,     ///< for what it requires, or for boot
    Backoff,     ///< ended, and starts again; deadline = when
    Scheduled,   ///< a oneshot between two runs of its schedule
    Setup,       ///< the child prepares: directories, templates, wait-for, setup steps
    Starting,    ///< execve succeeded, not ready yet; deadline = ready-timeout
    Up,          ///< ready
    BeforeStop,  ///< draining: before-stop's delay, then its command
    Stopping,    ///< the stop signal was sent; deadline = KILL
    Leaving,     ///< the main process is gone, others of the service still live; deadline = KILL
    Done,        ///< ended with success
    Failed,      ///< ended without success, or could not start, or what it requires failed
    Stopped,     ///< not enabled, or stopped: by somebody, or with the container
};

/// The name of a state as `pidone status` prints it: "waiting", "setup", ...
[[nodiscard]] std::string_view to_string(State state);

/// True from Setup to Leaving: processes of the service may exist.
[[nodiscard]] constexpr bool is_live(State state) {
    return state >= State::Setup && state <= State::Leaving;
}

/// True for Done, Failed and Stopped: nothing of the service is left, or ever was.
[[nodiscard]] constexpr bool has_ended(State state) {
    return state >= State::Done;
}

/// One service as the supervisor sees it; a plain record that only the supervisor changes.
struct Service {
    State state = State::Waiting;
    Pid pid = Pid::None;  ///< the main process while it lives
    Instant since{};      ///< when `state` was entered
    Instant spawned_at{};
    std::optional<Instant> ready_at;  ///< of the present run
    std::optional<Instant> deadline;
    std::optional<ExitStatus> last_exit;
    bool is_ready = false;       ///< became ready in the present run (stays true while it stops)
    std::uint32_t restarts = 0;  ///< runs after the first one
    int attempt = 0;             ///< restarts since a run that lived for the policy's window
    /// What the health probe says; none: it has none, or no result yet.
    std::optional<bool> is_healthy;
    bool stop_wanted =
        false;      ///< we asked it to end, so 128 + the signal we sent counts as success
    Signal sent{};  ///< the last signal sent to stop it
};

}  // namespace core
