// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "control/client.hpp"
#include "core/service.hpp"

/// What became of a service, and why: the words of `start`, `stop`, `restart`, `wait` and `why`.
/// Pure.
namespace cli {

/// What a client waits for.
enum class Goal {
    Start,
    Restart,
    Stop,
    Ready,  ///< `wait --for ready`: up, or a oneshot that is done
    Done,
};

enum class Verdict { Pending, Reached, Failed };

/// How long a service without `ready` has to live after its execve before a client that started it
/// says so: one that cannot begin its work ends in this time.
inline constexpr base::Duration kSettleTime{250};

/// How much of it is left; 0 for a service that proves its readiness, or is not up.
[[nodiscard]] base::Duration settle_time(const control::ServiceReply& service);

/// How long its last run took from its fork to its readiness; none: it is not ready.
[[nodiscard]] std::optional<base::Duration> ready_after(const control::ServiceReply& service);

/// The state that a reply names; Failed for a word that is none.
[[nodiscard]] core::State state_of(const control::ServiceReply& service);

/// Whether the goal is reached. `last_spawn` is what `spawned` was before a restart was asked for.
[[nodiscard]] Verdict judge(Goal goal, const control::ServiceReply& service,
                            std::optional<base::Duration> last_spawn);

/// One line about a verdict, without a newline: "web started, ready after 1.2s", "web did not
/// start: exited with status 3 after 12ms (gave up after 5 restarts)".
[[nodiscard]] std::string outcome_line(Goal goal, Verdict verdict,
                                       const control::ServiceReply& service, base::Duration uptime);

/// What keeps the service from its next step, "" for nothing: "waits for db, which it requires".
[[nodiscard]] std::string hold_text(const control::ServiceReply& service);

/// Why its last run ended, or could not begin; "" when it never did: "exited with status 3 after
/// 12ms".
[[nodiscard]] std::string failure_text(const control::ServiceReply& service, base::Duration uptime);

}  // namespace cli
