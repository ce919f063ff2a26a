// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/exit_policy.hpp"
#include "core/supervisor.hpp"

// The life of one service: start, readiness, the end of its main process, and what that end means.
namespace core {

void Supervisor::start_what_can() {
    for (const ServiceId id : graph_.order()) {
        const bool is_waiting = service(id).state == State::Waiting;
        const auto& needs = spec_.services[index(id)].requires_;
        standings_[index(id)].is_barred =
            is_waiting && std::any_of(needs.begin(), needs.end(), [this](ServiceId needed) {
                return is_held_down(needed) || standings_[index(needed)].is_barred;
            });
        if (is_waiting && can_start(id)) {
            spawn(id);
        }
    }
}

bool Supervisor::can_start(ServiceId id) const {
    return start_hold(id).kind == Hold::Kind::None;
}

void Supervisor::spawn(ServiceId id) {
    Service& service = services_[index(id)];
    Standing& standing = standings_[index(id)];
    enter(id, State::Setup);
    runs_[index(id)] = Run{};
    service.pid = Pid::None;
    service.spawned_at = now_;
    service.ready_at.reset();
    service.is_healthy.reset();
    service.is_ready = service.stop_wanted = false;
    service.sent = Signal::None;
    service.restarts += standing.has_run ? 1 : 0;
    standing.has_run = true;
    are_children_gone_ = false;
    emit_service(Command::Kind::Spawn, id);
    report({.kind = Report::Kind::Starting, .service = id});
}

void Supervisor::on_spawned(ServiceId id, Pid pid) {
    Service& service = services_[index(id)];
    if (!is_live(service.state)) {
        return;
    }
    service.pid = pid;
    const Run& run = runs_[index(id)];
    if (run.is_killed) {
        emit_signal(id, base::kSigKill, Scope::Tree);
    } else if (service.state == State::Stopping) {
        // The stop came while fork was under way.
        emit_signal(id, base::kSigTerm, Scope::Tree);
        emit_signal(id, base::kSigCont, Scope::Tree);
    }
}

void Supervisor::on_spawn_failed(ServiceId id, int error) {
    if (!is_live(service(id).state)) {
        return;
    }
    Run& run = runs_[index(id)];
    run.outcome = State::Failed;
    run.code = run.has_lost_requirement ? run.code : base::kExitSystem;
    run.has_start_failed = true;
    count_end(id);
    report_with_next(id, {.kind = Report::Kind::SpawnFailed, .number = error});
    account_end(id);
    finish(id);
}

void Supervisor::on_executed(ServiceId id) {
    Run& run = runs_[index(id)];
    run.was_executed = true;
    run.executed_at = now_;
    if (service(id).state != State::Setup) {
        return;
    }
    const ServiceSpec& spec = spec_.services[index(id)];
    enter(id, State::Starting);
    if (spec.ready.timeout && !run.is_going) {
        services_[index(id)].deadline = now_ + *spec.ready.timeout;
    }
    if (spec.type == ServiceType::Oneshot) {
        return;  // ready means done
    }
    switch (spec.ready.kind) {
    case Readiness::Kind::Exec:
        return become_up(id);
    case Readiness::Kind::Probe:
    case Readiness::Kind::Command:
        run.has_probe = true;
        are_children_gone_ = false;
        return emit_service(Command::Kind::StartProbe, id);
    case Readiness::Kind::Notify:
    case Readiness::Kind::Descriptor:
        if (run.is_ready_early) {
            become_up(id);
        }
        return;
    }
}

void Supervisor::on_ready(ServiceId id) {
    const ServiceSpec& spec = spec_.services[index(id)];
    if (spec.type == ServiceType::Oneshot || spec.ready.kind == Readiness::Kind::Exec) {
        return;
    }
    // The notification and the end of the exec pipe are two descriptors, so either may be seen
    // first.
    runs_[index(id)].is_ready_early = true;
    if (service(id).state == State::Starting) {
        become_up(id);
    }
}

void Supervisor::become_up(ServiceId id) {
    Service& service = services_[index(id)];
    runs_[index(id)].has_probe = false;
    enter(id, State::Up);
    service.ready_at = now_;
    service.is_ready = true;
    begin_watch(id);
    report({.kind = Report::Kind::Ready, .service = id, .duration = now_ - service.spawned_at});
}

void Supervisor::on_main_exited(ServiceId id, const ExitStatus& status) {
    Service& service = services_[index(id)];
    if (!is_live(service.state) || service.state == State::Leaving) {
        standings_[index(id)].is_main_left = false;
        return;
    }
    service.last_exit = status;
    service.pid = Pid::None;
    end_helpers(id);
    judge(id, status);
    count_end(id);
    report_end(id, status);
    account_end(id);
    if (phase_ == Phase::Killing) {
        finish(id);  // only ChildrenGone matters now
    } else {
        leave(id);
    }
}

/// Decides what `status` makes of the service: `outcome` and `code`.
void Supervisor::judge(ServiceId id, const ExitStatus& status) {
    const ServiceSpec& spec = spec_.services[index(id)];
    const Service& service = services_[index(id)];
    Run& run = runs_[index(id)];
    if (run.is_excused) {
        run.outcome = State::Done;
        return;
    }
    if (run.has_lost_requirement) {
        run.outcome = State::Failed;  // with the code of the root cause
        return;
    }
    const bool is_by_us =
        is_end_by(status, run.asked) || (run.is_killed && is_end_by(status, base::kSigKill));
    if (run.fault != Report::Fault::Ended) {
        run.outcome = State::Failed;
        run.code = is_by_us ? spec.unexpected_exit_code : failure_code(spec, status);
        return;
    }
    bool is_good = !run.has_start_failed && is_success(spec, status, run.asked);
    if (service.stop_wanted && !run.has_start_failed && !run.is_killed) {
        // A job, or the set-up of a service, has no other way to end when we interrupt it.
        is_good = is_good || spec.type == ServiceType::Oneshot || !run.was_executed;
    }
    run.outcome = is_good ? State::Done : State::Failed;
    run.code = failure_code(spec, status);
}

void Supervisor::report_end(ServiceId id, const ExitStatus& status) {
    const Run& run = runs_[index(id)];
    auto kind = Report::Kind::Exited;
    if (run.has_start_failed) {
        kind = Report::Kind::StartFailed;
    } else if (spec_.services[index(id)].type == ServiceType::Oneshot &&
               run.outcome == State::Done && is_done(id)) {
        kind = Report::Kind::Done;
    }
    end_report_ = commands_.size();
    report_with_next(id,
                     {.kind = kind, .status = status, .duration = now_ - service(id).spawned_at});
}

/// What the end of `id`, judged already, means for the exit code, the container and those that
/// require it.
void Supervisor::account_end(ServiceId id) {
    const ServiceSpec& spec = spec_.services[index(id)];
    Run& run = runs_[index(id)];
    if (run.has_lost_requirement || run.is_excused || run.follow == Follow::Backoff) {
        return;  // counted when it lost what it requires; or there is nothing to count
    }
    const bool is_failure = run.outcome == State::Failed;
    if (is_failure) {
        note_failure(id, run.code);
    }
    if (run.is_lost && first_failed_ == id) {
        first_failure_ = run.code;  // now it has said better how it ends
    }
    const bool is_unasked = !service(id).stop_wanted || run.fault != Report::Fault::Ended;
    if (!is_unasked) {
        return;
    }
    const bool is_job_done = !is_failure && spec.type == ServiceType::Oneshot;
    run.is_lost = !is_job_done && !is_scheduled(id);
    run.is_tolerated = run.next == Report::Next::GivesUp && !ends_container(id);
    if (phase_ == Phase::Running && ends_container(id)) {
        begin_shutdown(Signal::None, id);
    }
    if (cause_ == id && !is_job_done) {
        cause_code_ = run.code;
    }
    if (phase_ == Phase::Running && run.is_lost) {
        spread_losses();
    }
}

/// Fails everything that requires, directly or not, a service that is lost.
void Supervisor::spread_losses() {
    for (const ServiceId id : graph_.order()) {
        const Run& run = runs_[index(id)];
        const State state = service(id).state;
        // A run of a schedule fails for itself alone, and loses nothing while there is none.
        const bool is_spared = is_scheduled(id) && (state == State::Scheduled || is_live(state));
        const bool is_failing =
            is_live(state) &&
            (run.is_lost || (state == State::Leaving ? run.follow == Follow::End
                                                     : run.fault != Report::Fault::Ended));
        if (has_ended(state) || is_spared || is_failing || is_held_down(id)) {
            continue;
        }
        for (const ServiceId needed : spec_.services[index(id)].requires_) {
            if (runs_[index(needed)].is_lost || standings_[index(needed)].is_disabled) {
                lose_requirement(id, needed);
                break;
            }
        }
        if (phase_ != Phase::Running) {
            return;  // an essential one was among them: now everything stops
        }
    }
}

void Supervisor::lose_requirement(ServiceId id, ServiceId lost) {
    report({.kind = Report::Kind::DependencyFailed, .service = id, .other = lost});
    if (is_scheduled(id)) {
        return enter(id, State::Scheduled);
    }
    Run& run = runs_[index(id)];
    const Run& cause = runs_[index(lost)];
    run.code = standings_[index(lost)].is_disabled ? base::kExitConfig : cause.code;
    run.outcome = State::Failed;
    run.follow = Follow::End;
    run.is_excused = false;
    run.is_lost = true;
    run.is_tolerated = cause.is_tolerated;
    run.has_lost_requirement = true;
    run.lost = lost;
    run.root = cause.has_lost_requirement ? cause.root : lost;
    note_failure(run.root, run.code);
    if (is_live(service(id).state)) {
        go(id);
    } else {
        enter(id, State::Failed);
    }
    if (spec_.services[index(id)].is_essential && !run.is_tolerated) {
        begin_shutdown(Signal::None, run.root);
        cause_code_ = run.code;
    }
}

}  // namespace core
