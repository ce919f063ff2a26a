// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/supervisor.hpp"

// What the end of a run brings about: a restart, giving up, or the end of what requires it.
namespace core {

/// Decides what follows the end of this run, which is `outcome`; once for each run. Forced: even
/// without a restart policy.
void Supervisor::plan_restart(ServiceId id, bool is_forced) {
    const ServiceSpec& spec = spec_.services[index(id)];
    const RestartPolicy& policy = spec.restart;
    Service& service = services_[index(id)];
    Run& run = runs_[index(id)];
    const bool is_failure = run.outcome == State::Failed;
    const bool is_wanted =
        is_forced || (policy.when == Restart::OnFailure && is_failure) ||
        (policy.when == Restart::Always && (is_failure || spec.type == ServiceType::Service));
    const bool is_asked = service.stop_wanted && run.fault == Report::Fault::Ended;
    if (phase_ != Phase::Running || run.next != Report::Next::Nothing ||
        run.follow != Follow::End || run.has_lost_requirement || !is_wanted || is_asked) {
        return;
    }
    // What never became ready in time has not lived, however long that took.
    const bool has_lived = run.was_executed && run.fault != Report::Fault::NotReady &&
                           now_ - run.executed_at >= policy.window;
    service.attempt = has_lived ? 0 : service.attempt;
    if (policy.max_attempts > 0 && service.attempt >= policy.max_attempts) {
        run.next = Report::Next::GivesUp;
        return;
    }
    ++service.attempt;
    run.next = Report::Next::Restarts;
    run.follow = Follow::Backoff;
    run.delay = backoff_delay(policy, service.attempt, jitter_.next());
}

/// The delay counts from the end of the main process, whenever it was decided on.
void Supervisor::count_end(ServiceId id) {
    plan_restart(id, false);
    runs_[index(id)].restart_at = now_ + runs_[index(id)].delay;
}

/// True when the container ends because `id` ended, or failed, unasked.
bool Supervisor::ends_container(ServiceId id) const {
    const ServiceSpec& spec = spec_.services[index(id)];
    const Run& run = runs_[index(id)];
    if (run.fault == Report::Fault::Unhealthy && spec.health.action == HealthAction::Exit) {
        return true;
    }
    if (run.next == Report::Next::GivesUp) {
        return spec.restart.give_up == GiveUp::Exit;
    }
    return spec.is_essential && (!is_scheduled(id) || run.outcome == State::Failed);
}

/// We end a service that runs, for `fault`, which `what` reports: its code is the
/// unexpected-exit-code until it says better how it ends. It stops in this step, unless something
/// that comes after it is on its way down.
void Supervisor::fail_running(ServiceId id, Report::Fault fault, Report what) {
    Run& run = runs_[index(id)];
    run.fault = fault;
    run.outcome = State::Failed;
    run.code = spec_.services[index(id)].unexpected_exit_code;
    const HealthAction action = fault == Report::Fault::Unhealthy
                                    ? spec_.services[index(id)].health.action
                                    : HealthAction::None;
    if (action != HealthAction::Exit) {
        plan_restart(id, action == HealthAction::Restart);
    }
    report_with_next(id, what);
    run.is_tolerated = run.next == Report::Next::GivesUp && !ends_container(id);
    if (phase_ == Phase::Running && run.follow == Follow::End && ends_container(id)) {
        begin_shutdown(Signal::None, id);
        cause_code_ = run.code;
    }
    go(id);
    // One that was never ready has taken nobody along yet.
    if (fault != Report::Fault::NotReady && phase_ == Phase::Running && run.follow == Follow::End) {
        lose(id);
    }
}

/// What requires a service that is down, or goes down to come back, goes down and comes back too.
void Supervisor::recall_requirers() {
    for (const ServiceId id : graph_.order()) {
        const State state = service(id).state;
        if (!is_live(state) || state > State::Up || runs_[index(id)].is_going) {
            continue;
        }
        const auto& needs = spec_.services[index(id)].requires_;
        const auto down = std::find_if(needs.begin(), needs.end(),
                                       [this](ServiceId needed) { return !is_ready(needed); });
        if (down != needs.end()) {
            report({.kind = Report::Kind::RequirementDown, .service = id, .other = *down});
            excuse(id, is_scheduled(id) ? Follow::End : Follow::Return);
            go(id);
        }
    }
}

/// Its end, whatever it will be, is wanted and counts for nothing.
void Supervisor::excuse(ServiceId id, Follow follow) {
    Run& run = runs_[index(id)];
    run.is_excused = true;
    run.follow = follow;
    run.outcome = State::Done;
    run.is_lost = run.has_lost_requirement = false;
    run.next = Report::Next::Nothing;
}

/// It is to stop, as soon as what requires it is gone.
void Supervisor::go(ServiceId id) {
    runs_[index(id)].is_going = true;
    if (service(id).state == State::Starting) {
        services_[index(id)].deadline.reset();  // nobody waits for its readiness any more
    }
    end_watch(id);
}

/// It fails, and what requires it does so now, while it may still stop in order.
void Supervisor::lose(ServiceId id) {
    runs_[index(id)].is_lost = true;
    note_failure(id, runs_[index(id)].code);
    spread_losses();
}

/// Nothing of this run is left.
void Supervisor::finish(ServiceId id) {
    const Run& run = runs_[index(id)];
    const bool is_running = phase_ == Phase::Running;
    switch (run.follow) {
    case Follow::End:
        if (is_running && is_scheduled(id)) {
            return enter(id, State::Scheduled);
        }
        // What the end of the container interrupted has not done its work.
        return enter(id, run.outcome == State::Done && !is_done(id) ? State::Stopped : run.outcome);
    case Follow::Backoff:
        enter(id, is_running ? State::Backoff : State::Stopped);
        if (is_running) {
            services_[index(id)].deadline = run.restart_at;
        }
        return;
    case Follow::Return:
        return enter(id, is_running ? State::Waiting : State::Stopped);
    case Follow::Stop:
        return enter(id, State::Stopped);
    }
}

}  // namespace core
