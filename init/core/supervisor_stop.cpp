// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/exit_policy.hpp"
#include "core/supervisor.hpp"

namespace core {

namespace {

/// How long the kernel gets to make KILL effective. A process in uninterruptible sleep takes
/// longer; it is left behind rather than waited for.
constexpr Duration kKillPatience{1000};

}  // namespace

/// At a Tick everything that is due. At every other event only what is to start: what a service did
/// in time may still be behind that event in the queue.
void Supervisor::expire(bool is_tick) {
    // The container first: what it kills has no deadline of its own any more.
    if (is_tick && deadline_ && *deadline_ <= now_) {
        expire_phase();
    }
    for (std::size_t i = 0; i < services_.size(); ++i) {
        const auto id = static_cast<ServiceId>(i);
        const bool is_start = services_[i].state == State::Backoff;
        if (services_[i].deadline && *services_[i].deadline <= now_ && (is_tick || is_start)) {
            expire_service(id);
        }
        if (is_tick && runs_[i].watchdog_at <= now_) {
            miss_watchdog(id, watchdog(id));
        } else if (runs_[i].health_at <= now_ && (is_tick || !runs_[i].is_probe_valid)) {
            expire_health(id);
        }
        if (standings_[i].run_at <= now_) {
            on_due(id);
        }
    }
}

/// The budget of the container's stop is not lengthened: whoever asked for it waits outside.
void Supervisor::on_paused(Duration pause) {
    for (std::size_t i = 0; i < services_.size(); ++i) {
        if (services_[i].deadline && is_live(services_[i].state)) {
            *services_[i].deadline += pause;
        }
        if (runs_[i].watchdog_at != kNever) {
            runs_[i].watchdog_at += pause;
        }
    }
}

void Supervisor::expire_phase() {
    switch (phase_) {
    case Phase::Stopping:
    case Phase::Draining:
        for (std::size_t i = 0; i < services_.size(); ++i) {
            if (is_live(services_[i].state)) {
                report({.kind = Report::Kind::StopTimeout,
                        .service = static_cast<ServiceId>(i),
                        .duration = now_ - shutdown_began_});
            }
        }
        return kill_everything();
    case Phase::Killing:
    case Phase::Lingering:
        return leave_container();
    case Phase::Booting:
    case Phase::Running:
    case Phase::Over:
        return deadline_.reset();
    }
}

void Supervisor::expire_service(ServiceId id) {
    const Run& run = runs_[index(id)];
    const bool is_killed = run.is_killed;
    const bool comes_back = run.follow != Follow::End || is_scheduled(id);
    if (is_killed && is_live(service(id).state) && phase_ == Phase::Running && comes_back) {
        // No second run beside what not even KILL ended: the kernel will tell when it is gone.
        return services_[index(id)].deadline.reset();
    }
    switch (service(id).state) {
    case State::Backoff:
        return enter(id, State::Waiting);
    case State::Starting:
        return miss_ready_timeout(id);
    case State::BeforeStop:
        return end_before_stop_stage(id);
    case State::Stopping:
        return is_killed ? give_up(id) : kill_service(id);
    case State::Leaving:
        return is_killed ? finish(id) : kill_service(id);
    case State::Waiting:
    case State::Scheduled:
    case State::Setup:
    case State::Up:
    case State::Done:
    case State::Failed:
    case State::Stopped:
        return services_[index(id)].deadline.reset();
    }
}

void Supervisor::miss_ready_timeout(ServiceId id) {
    fail_running(id, Report::Fault::NotReady,
                 {.kind = Report::Kind::ReadyTimeout, .duration = now_ - service(id).since});
}

void Supervisor::begin_shutdown(Signal signal, ServiceId cause) {
    phase_ = Phase::Stopping;
    shutdown_began_ = now_;
    deadline_ = now_ + spec_.shutdown_timeout;
    cause_ = cause;
    stop_signal_ = signal;
    if (signal != Signal::None) {
        // A requested stop tells how the stop went, not what a service that did not matter did
        // before.
        first_failure_.reset();
    }
    report({.kind = Report::Kind::ShutdownStarted,
            .service = cause,
            .signal = signal,
            .duration = spec_.shutdown_timeout,
            .fault = cause == kNoService ? Report::Fault::Ended : fault(cause)});
    for (std::size_t i = 0; i < services_.size(); ++i) {
        const auto id = static_cast<ServiceId>(i);
        Service& service = services_[i];
        standings_[i].run_at = kNever;
        if (!is_live(service.state)) {
            if (!has_ended(service.state)) {
                enter(id, State::Stopped);
            }
            continue;
        }
        Run& run = runs_[i];
        go(id);
        if (run.is_killed && !service.deadline) {
            service.deadline = now_;  // it was not given up only because it was to come back
        }
        if (service.state == State::BeforeStop) {
            run.hook_limit = std::min(run.hook_limit, hook_limit(id));
            service.deadline = std::min(service.deadline.value_or(run.hook_limit), run.hook_limit);
        } else if (service.deadline && service.state != State::Starting) {
            service.deadline = std::min(*service.deadline, last_moment());
        }
    }
}

void Supervisor::stop_what_can() {
    for (const ServiceId id : graph_.order()) {
        const State state = service(id).state;
        const bool is_running =
            state == State::Setup || state == State::Starting || state == State::Up;
        if (is_running && runs_[index(id)].is_going && stop_holder(id) == kNoService) {
            begin_stop(id);
        }
    }
}

void Supervisor::begin_stop(ServiceId id) {
    const ServiceSpec& spec = spec_.services[index(id)];
    Service& service = services_[index(id)];
    service.stop_wanted = true;
    runs_[index(id)].stop_began = now_;
    if (service.state != State::Up) {
        // Programs install their own stop handlers late; TERM ends them at any time.
        end_helpers(id);
        return ask_to_stop(id, base::kSigTerm, Scope::Tree);
    }
    if (spec.before_stop.delay > Duration::zero() || !spec.before_stop.command.empty()) {
        return begin_before_stop(id);
    }
    ask_to_stop(id);
}

void Supervisor::begin_before_stop(ServiceId id) {
    const Duration delay = spec_.services[index(id)].before_stop.delay;
    Run& run = runs_[index(id)];
    enter(id, State::BeforeStop);
    run.hook_limit = hook_limit(id);
    if (delay > Duration::zero()) {
        services_[index(id)].deadline = std::min(now_ + delay, run.hook_limit);
    } else {
        run_hook(id);
    }
}

void Supervisor::run_hook(ServiceId id) {
    runs_[index(id)].has_hook = true;
    services_[index(id)].deadline = runs_[index(id)].hook_limit;
    are_children_gone_ = false;
    emit_service(Command::Kind::RunHook, id);
}

void Supervisor::on_hook_exited(ServiceId id, const ExitStatus& status) {
    Run& run = runs_[index(id)];
    if (!run.has_hook) {
        return;
    }
    run.has_hook = false;
    if (status != ExitStatus::exited(0)) {
        report({.kind = Report::Kind::HookFailed, .service = id, .status = status});
    }
    if (service(id).state == State::BeforeStop) {
        ask_to_stop(id);
    }
}

/// The delay is over, or the hook takes too long.
void Supervisor::end_before_stop_stage(ServiceId id) {
    const bool has_time = now_ < runs_[index(id)].hook_limit;
    if (runs_[index(id)].has_hook) {
        end_helpers(id);
        report({.kind = Report::Kind::HookFailed,
                .service = id,
                .status = ExitStatus::killed(base::kSigKill)});
    } else if (has_time && !spec_.services[index(id)].before_stop.command.empty()) {
        return run_hook(id);
    }
    ask_to_stop(id);
}

/// Asks in the service's own way, which needs it to be up.
void Supervisor::ask_to_stop(ServiceId id) {
    const ServiceSpec& spec = spec_.services[index(id)];
    ask_to_stop(id, spec.stop_signal,
                spec.kill_mode == KillMode::Mixed ? Scope::Main : Scope::Tree);
}

void Supervisor::ask_to_stop(ServiceId id, Signal signal, Scope scope) {
    Service& service = services_[index(id)];
    enter(id, State::Stopping);
    service.deadline = stop_deadline(id);
    service.sent = signal;
    runs_[index(id)].asked = signal;
    report({.kind = Report::Kind::Stopping, .service = id, .signal = signal});
    if (service.pid == Pid::None) {
        return;  // fork is under way; on_spawned() sends it
    }
    emit_signal(id, signal, scope);
    emit_signal(id, base::kSigCont, scope);
}

void Supervisor::kill_service(ServiceId id) {
    Service& service = services_[index(id)];
    Run& run = runs_[index(id)];
    report({.kind = Report::Kind::StopTimeout, .service = id, .duration = now_ - run.stop_began});
    run.is_killed = true;
    service.sent = base::kSigKill;
    service.deadline = now_ + kKillPatience;
    end_helpers(id);
    emit_signal(id, base::kSigKill, Scope::Tree);
}

/// The main process is gone: whatever else belongs to the service goes too.
void Supervisor::leave(ServiceId id) {
    Service& service = services_[index(id)];
    Run& run = runs_[index(id)];
    std::optional<Instant> deadline = service.deadline;
    if (service.state != State::Stopping) {
        deadline = stop_deadline(id);
        run.stop_began = now_;
    }
    enter(id, State::Leaving);
    service.deadline = deadline;
    emit_service(Command::Kind::WatchTree, id);
    if (run.is_killed) {
        return emit_signal(id, base::kSigKill, Scope::Tree);
    }
    emit_signal(id, base::kSigTerm, Scope::Tree);
    emit_signal(id, base::kSigCont, Scope::Tree);
}

/// Not even KILL ended it.
void Supervisor::give_up(ServiceId id) {
    services_[index(id)].pid = Pid::None;
    standings_[index(id)].is_main_left = true;
    judge(id, ExitStatus::killed(base::kSigKill));
    account_end(id);
    finish(id);
}

void Supervisor::end_helpers(ServiceId id) {
    Run& run = runs_[index(id)];
    end_watch(id);
    if (run.has_probe) {
        emit_service(Command::Kind::StopProbe, id);
    }
    if (run.has_hook) {
        emit_service(Command::Kind::KillHook, id);
    }
    run.has_probe = run.has_hook = false;
}

/// No service is left; what remains below PID 1 are processes that nobody waits for.
void Supervisor::drain() {
    for (std::size_t i = 0; i < services_.size(); ++i) {
        if (services_[i].state == State::Waiting) {
            enter(static_cast<ServiceId>(i), State::Stopped);
        }
    }
    if (phase_ == Phase::Running) {
        shutdown_began_ = now_;
        deadline_ = now_ + spec_.shutdown_timeout;
    }
    phase_ = Phase::Draining;
    emit_all(base::kSigTerm);
    emit_all(base::kSigCont);
    if (are_children_gone_) {
        return linger();
    }
    report({.kind = Report::Kind::Draining, .duration = last_moment() - now_});
}

void Supervisor::kill_everything() {
    for (std::size_t i = 0; i < services_.size(); ++i) {
        Service& service = services_[i];
        if (!is_live(service.state)) {
            continue;
        }
        const auto id = static_cast<ServiceId>(i);
        end_helpers(id);
        if (service.state != State::Leaving) {
            enter(id, State::Stopping);
        }
        service.deadline.reset();
        service.stop_wanted = true;
        service.sent = base::kSigKill;
        runs_[i].is_killed = true;
        emit_signal(id, base::kSigKill, Scope::Tree);
    }
    emit_all(base::kSigKill);
    phase_ = Phase::Killing;
    deadline_ = now_ + kKillPatience;
}

void Supervisor::linger() {
    const Duration duration = std::min(spec_.linger, Duration{last_moment() - now_});
    if (duration <= Duration::zero()) {
        return leave_container();
    }
    phase_ = Phase::Lingering;
    deadline_ = now_ + duration;
    emit({.kind = Command::Kind::Linger, .duration = duration});
}

void Supervisor::leave_container() {
    for (std::size_t i = 0; i < services_.size(); ++i) {
        const auto id = static_cast<ServiceId>(i);
        if (services_[i].state == State::Leaving) {
            finish(id);
        } else if (is_live(services_[i].state)) {
            give_up(id);
        }
    }
    phase_ = Phase::Over;
    deadline_.reset();
    report_exit();
    emit({.kind = Command::Kind::Exit, .number = exit_code()});
}

/// When a service that is asked to stop now gets KILL.
Instant Supervisor::stop_deadline(ServiceId id) const {
    const std::optional<Duration>& timeout = spec_.services[index(id)].stop_timeout;
    return timeout ? std::min(now_ + *timeout, last_moment()) : last_moment();
}

/// When before-stop has to be over. The stop signal that follows keeps its stop-timeout (an eighth
/// of what is left without one, half of it at most): a hook that hangs must not turn a clean stop
/// into a KILL.
Instant Supervisor::hook_limit(ServiceId id) const {
    const Duration left{last_moment() - now_};
    const Duration reserve = spec_.services[index(id)].stop_timeout.value_or(left / 8);
    return last_moment() - std::min(reserve, left / 2);
}

/// The end of the budget; where only a service stops, of a budget that begins now.
Instant Supervisor::last_moment() const {
    return is_stopping() ? *deadline_ : now_ + spec_.shutdown_timeout;
}

}  // namespace core
