// SPDX-License-Identifier: MIT
#include "cli/outcome.hpp"

#include <algorithm>

#include "base/exit_status.hpp"

namespace cli {
namespace {

using control::Hold;
using core::State;

std::string span_text(const std::optional<base::Duration>& duration) {
    return duration ? std::string{base::to_string(*duration)} : std::string{"a moment"};
}

std::string attempts(const control::ServiceReply& service) {
    return "attempt " + std::to_string(service.attempt) +
           (service.limit == 0 ? "" : " of " + std::to_string(service.limit));
}

std::string gave_up_text(const control::ServiceReply& service) {
    return "gave up after " + std::to_string(service.attempt) +
           (service.attempt == 1 ? " restart" : " restarts");
}

/// The same run as before the wish is not yet the one that was asked for.
Verdict judge_start(const control::ServiceReply& service, bool is_new_run) {
    const auto state = state_of(service);
    if (state == State::Failed || state == State::Stopped) {
        return Verdict::Failed;
    }
    if (!is_new_run) {
        return Verdict::Pending;
    }
    if (state == State::Scheduled && service.last_exit) {
        const bool is_success = *service.last_exit == base::ExitStatus::exited(0);
        return is_success ? Verdict::Reached : Verdict::Failed;
    }
    if (state == State::Done) {
        // A service has to stay; that it ended well does not mean that it is there.
        return service.is_oneshot ? Verdict::Reached : Verdict::Failed;
    }
    const bool is_up = state == State::Up && settle_time(service) == base::Duration{0};
    return is_up ? Verdict::Reached : Verdict::Pending;
}

std::string_view verb(Goal goal) {
    switch (goal) {
    case Goal::Start:
        return "start";
    case Goal::Restart:
        return "restart";
    case Goal::Ready:
        return "become ready";
    case Goal::Done:
        return "succeed";
    case Goal::Stop:
        return "stop";
    }
    return "start";
}

std::string reached_line(Goal goal, const control::ServiceReply& service, base::Duration uptime) {
    std::string line{service.name.view()};
    const auto state = state_of(service);
    if (goal == Goal::Stop) {
        const bool is_fault = service.last_exit && !service.ended_well;
        return line + " stopped" +
               (is_fault ? " (" + std::string{base::to_string(*service.last_exit)} + ")" : "");
    }
    if (state == State::Done || state == State::Scheduled) {
        return line + " is done: " + failure_text(service, uptime);
    }
    line += goal == Goal::Restart ? " restarted" : goal == Goal::Ready ? " is ready" : " started";
    if (const auto time = ready_after(service)) {
        line += goal == Goal::Ready ? " after " : ", ready after ";
        line += base::to_string(*time);
    }
    return line;
}

}  // namespace

std::optional<base::Duration> ready_after(const control::ServiceReply& service) {
    return service.spawned && service.ready ? std::optional{*service.ready - *service.spawned}
                                            : std::nullopt;
}

State state_of(const control::ServiceReply& service) {
    for (auto state = State::Waiting; state < State::Stopped;
         state = static_cast<State>(static_cast<int>(state) + 1)) {
        if (core::to_string(state) == service.state.view()) {
            return state;
        }
    }
    return service.state.view() == core::to_string(State::Stopped) ? State::Stopped : State::Failed;
}

base::Duration settle_time(const control::ServiceReply& service) {
    const bool may_die = state_of(service) == State::Up && !service.proves_ready;
    return may_die ? std::max(kSettleTime - service.since, base::Duration{0}) : base::Duration{0};
}

Verdict judge(Goal goal, const control::ServiceReply& service,
              std::optional<base::Duration> last_spawn) {
    const auto state = state_of(service);
    switch (goal) {
    case Goal::Start:
        return judge_start(service, true);
    case Goal::Ready:
        return state == State::Up ? Verdict::Reached : judge_start(service, true);
    case Goal::Restart:
        return judge_start(service, service.spawned != last_spawn);
    case Goal::Done:
        // A service that is up need not end.
        return state == State::Up     ? Verdict::Pending
               : state == State::Done ? Verdict::Reached
                                      : judge_start(service, true);
    case Goal::Stop:
        return core::has_ended(state) ? Verdict::Reached : Verdict::Pending;
    }
    return Verdict::Pending;
}

std::string outcome_line(Goal goal, Verdict verdict, const control::ServiceReply& service,
                         base::Duration uptime) {
    if (verdict == Verdict::Reached) {
        return reached_line(goal, service, uptime);
    }
    auto line = std::string{service.name.view()} + " did not " + std::string{verb(goal)} + ": ";
    if (verdict == Verdict::Pending) {
        const auto hold = hold_text(service);
        // What set-up is at begins with the name of that state.
        return line + "it is still " +
               (service.hold == Hold::SetUp
                    ? "in " + hold
                    : std::string{service.state.view()} + (hold.empty() ? "" : "; " + hold));
    }
    if (state_of(service) == State::Stopped) {
        const auto hold = hold_text(service);
        return line + (hold.empty() ? "it was stopped" : hold);
    }
    if (service.hold == Hold::LostRequirement) {
        return line + hold_text(service);
    }
    line += failure_text(service, uptime);
    return service.gave_up ? line + " (" + gave_up_text(service) + ")" : line;
}

std::string hold_text(const control::ServiceReply& service) {
    const std::string other{service.held_by.view()};
    const std::string step{service.step.view()};
    const auto remedy = "'pidone start " + std::string{service.name.view()} + "' starts it";
    switch (service.hold) {
    case Hold::None:
        return service.gave_up ? gave_up_text(service) + "; " + remedy : std::string{};
    case Hold::LostRequirement:
        return other + ", which it requires, failed";
    case Hold::Requirement:
        return "waits for " + other + ", which it requires";
    case Hold::After:
        return "waits for " + other + ", after which it comes";
    case Hold::Requirer:
        return "waits until " + other + ", which needs it, is down";
    case Hold::Backoff:
        return "restarts in " + span_text(service.deadline) + " (" + attempts(service) + ")";
    case Hold::Schedule:
        return service.next_run ? "runs in " + span_text(service.next_run)
                                : std::string{"runs when its schedule says so"};
    case Hold::ByHand:
        return "stopped by hand; " + remedy;
    case Hold::Disabled:
        return "not enabled (enabled = false)";
    case Hold::SetUp:
        return "set-up: " + (step.empty() ? std::string{"nothing has been said of it"} : step);
    case Hold::Readiness:
        return (service.is_oneshot ? "it is not over" : "it has not said that it is ready") +
               (service.deadline ? " (ready-timeout in " + span_text(service.deadline) + ")"
                                 : std::string{});
    case Hold::Hook:
        return "before-stop runs, " + span_text(service.deadline) + " more at most";
    case Hold::OwnProcesses:
        return "processes of its own are alive" +
               (service.deadline ? "; KILL in " + span_text(service.deadline) : "");
    }
    return {};
}

std::string failure_text(const control::ServiceReply& service, base::Duration uptime) {
    const auto state = state_of(service);
    std::string text{service.failure.view()};
    // One that failed to start has no end worth a word, and one we are ending has none yet.
    const bool is_ending =
        state == State::BeforeStop || state == State::Stopping || service.hold == Hold::Requirer;
    if (!service.last_exit || (!text.empty() && (!service.executed || is_ending))) {
        return text;
    }
    text += (text.empty() ? "" : "; ") + base::to_string(*service.last_exit);
    // While nothing runs, the last run began at `spawned` and ended when this state began.
    const bool is_down = !core::is_live(state);
    if (is_down && service.spawned && uptime >= service.since + *service.spawned) {
        text += " after " + base::to_string(uptime - service.since - *service.spawned);
    }
    return text;
}

}  // namespace cli
