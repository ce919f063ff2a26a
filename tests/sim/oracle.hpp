// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "core/event.hpp"

namespace sim {

/// What happened, as the world saw it, in the order in which the supervisor learnt it.
struct Fact {
    enum class Kind {
        Booted,
        Started,  ///< a run begins
        ForkFailed,
        Overdue,    ///< not ready in time
        Unhealthy,  ///< and something follows from it
        WatchdogMissed,
        Asked,    ///< somebody asked for a start or restart
        Revived,  ///< and so it begins another run, now or when it is down
        HandStopped,
        Recalled,  ///< goes down with what it requires, to come back
        StopSignal,
        Ended,
    };
    Kind kind = Kind::Ended;
    core::ServiceId service = core::kNoService;
    core::ExitStatus status = core::ExitStatus::exited(0);  ///< Ended
    core::Signal asked{};       ///< Ended: by what the supervisor had asked it to end
    bool was_killed = false;    ///< Ended: the supervisor had sent KILL
    bool was_executed = false;  ///< Ended: it got as far as its exec
    core::Duration lived{-1};   ///< Ended and the faults: since its exec; -1 = there was none
    bool start_failed = false;  ///< Ended: it had said that it could not start, unasked
};

/// The exit code that `facts` lead to, found without any of the supervisor's code.
[[nodiscard]] int expected_exit_code(const core::Spec& spec, std::span<const Fact> facts);

}  // namespace sim
