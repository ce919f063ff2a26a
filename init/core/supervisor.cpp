// SPDX-License-Identifier: MIT
#include "core/supervisor.hpp"

#include <algorithm>

#include "core/exit_policy.hpp"

namespace core {

namespace {

// A service says at most this much in one step: its end (report, StopProbe, KillHook,
// StopHealthProbe, WatchTree, two signals), the loss of what it requires, a wish, its stop (report,
// hook, two signals) or its KILL, and its next start (Spawn, report).
constexpr std::size_t kCommandsPerService = 24;
constexpr std::size_t kCommandsPerStep = 16;

}  // namespace

std::size_t Supervisor::commands_for(std::size_t services) {
    return kCommandsPerService * services + kCommandsPerStep;
}

Supervisor::Supervisor(const Spec& spec, std::uint64_t seed)
    : spec_{spec},
      graph_{spec.services},
      services_(spec.services.size()),
      runs_(spec.services.size()),
      standings_(spec.services.size()),
      jitter_{seed} {
    commands_.reserve(commands_for(services_.size()));
    for (std::size_t i = 0; i < services_.size(); ++i) {
        begin_anew(static_cast<ServiceId>(i));
    }
}

std::span<const Command> Supervisor::step(const Event& event, Instant now) {
    commands_.clear();
    end_report_.reset();
    now_ = now;
    if (phase_ == Phase::Over) {
        return {};
    }
    const bool was_stopping = is_stopping();
    if (spec_.mode == Mode::Command) {
        dispatch_command(event);
        if (event.kind == Event::Kind::Tick) {
            expire_command();
        }
    } else {
        dispatch(event);
        expire(event.kind == Event::Kind::Tick);
        settle();
    }
    if (end_report_ && !was_stopping && is_stopping()) {
        commands_[*end_report_].report.number = exit_code();
    }
    return commands_;
}

void Supervisor::dispatch(const Event& event) {
    switch (event.kind) {
    case Event::Kind::Boot:
        return boot();
    case Event::Kind::Spawned:
        return on_spawned(event.service, event.pid);
    case Event::Kind::SpawnFailed:
        return on_spawn_failed(event.service, event.number);
    case Event::Kind::Executed:
        return on_executed(event.service);
    case Event::Kind::StartFailed:
        // After our own stop it is no failure: set-up was interrupted.
        runs_[index(event.service)].has_start_failed = !service(event.service).stop_wanted;
        return;
    case Event::Kind::Ready:
        return on_ready(event.service);
    case Event::Kind::MainExited:
        return on_main_exited(event.service, event.status);
    case Event::Kind::TreeEmpty:
        return on_tree_empty(event.service);
    case Event::Kind::HookExited:
        return on_hook_exited(event.service, event.status);
    case Event::Kind::MainPidChanged:
        return on_main_pid(event.service, event.pid);
    case Event::Kind::TimeExtended:
        return on_time_extended(event.service, event.duration);
    case Event::Kind::HealthProbed:
        return on_health_probed(event.service, event.status);
    case Event::Kind::WatchdogFed:
        return feed_watchdog(event.service);
    case Event::Kind::WatchdogSet:
        return set_watchdog(event.service, event.duration);
    case Event::Kind::WatchdogFailed:
        return on_watchdog_failed(event.service);
    case Event::Kind::Due:
        return on_due(event.service);
    case Event::Kind::StartAsked:
        return on_start_asked(event.service, Report::Kind::StartAsked);
    case Event::Kind::StopAsked:
        return on_stop_asked(event.service);
    case Event::Kind::RestartAsked:
        return on_restart_asked(event.service);
    case Event::Kind::ReplaceAsked:
        return on_replace_asked(event.service);
    case Event::Kind::SignalReceived:
        return on_signal(event.signal);
    case Event::Kind::ChildrenGone:
        return on_children_gone();
    case Event::Kind::LingerDone:
        return on_linger_done();
    case Event::Kind::Paused:
        return on_paused(event.duration);
    case Event::Kind::Tick:
        return;
    }
}

void Supervisor::on_children_gone() {
    are_children_gone_ = true;
    if (phase_ == Phase::Draining) {
        linger();
    } else if (phase_ == Phase::Killing) {
        leave_container();
    }
}

void Supervisor::on_tree_empty(ServiceId id) {
    if (service(id).state == State::Leaving) {
        finish(id);
    }
}

void Supervisor::on_main_pid(ServiceId id, Pid pid) {
    if (service(id).pid != Pid::None) {
        services_[index(id)].pid = pid;
    }
}

void Supervisor::on_linger_done() {
    if (phase_ == Phase::Lingering) {
        leave_container();
    }
}

void Supervisor::boot() {
    if (phase_ == Phase::Booting) {
        phase_ = Phase::Running;
        for (std::size_t i = 0; i < services_.size(); ++i) {
            services_[i].since = now_;
            if (services_[i].state == State::Scheduled) {
                set_schedule(static_cast<ServiceId>(i));
            }
        }
    }
}

/// What follows from the new state of things, whatever the event was.
void Supervisor::settle() {
    if (phase_ == Phase::Running) {
        spread_losses();
    }
    if (phase_ == Phase::Running) {
        recall_requirers();
        start_what_can();
    }
    if (phase_ == Phase::Running || phase_ == Phase::Stopping) {
        stop_what_can();
        if (!has_live_service() && !(phase_ == Phase::Running && has_future())) {
            drain();
        }
    }
}

void Supervisor::on_time_extended(ServiceId id, Duration duration) {
    Service& service = services_[index(id)];
    const bool is_extendable = service.state == State::Starting ||
                               service.state == State::Stopping || service.state == State::Leaving;
    if (!is_extendable || !service.deadline || runs_[index(id)].is_killed) {
        return;
    }
    service.deadline = std::max(*service.deadline, now_ + duration);
    if (phase_ == Phase::Stopping) {
        service.deadline = std::min(*service.deadline, last_moment());
    }
}

void Supervisor::on_signal(const SignalInfo& signal) {
    if (!is_stop_signal(signal.signal)) {
        return route_signal(signal);
    }
    const bool is_second = has_stop_signal_;
    has_stop_signal_ = true;
    if (!is_stopping()) {
        begin_shutdown(signal.signal, kNoService);
    } else if (is_second && phase_ == Phase::Lingering) {
        leave_container();
    } else if (is_second && phase_ != Phase::Killing) {
        report({.kind = Report::Kind::StopNow, .signal = signal.signal});
        kill_everything();
    }
}

void Supervisor::route_signal(const SignalInfo& signal) {
    bool is_named = false;
    for (std::size_t i = 0; i < services_.size(); ++i) {
        const SignalRoute* route = find_route(spec_.services[i].signals, signal.signal);
        if (route == nullptr) {
            continue;
        }
        is_named = true;
        const State state = services_[i].state;
        if (route->to != Signal::None && (state == State::Starting || state == State::Up)) {
            SignalInfo sent = signal;
            sent.signal = route->to;
            emit({.kind = Command::Kind::Signal,
                  .service = static_cast<ServiceId>(i),
                  .signal = sent,
                  .scope = Scope::Main,
                  .number = 1});
        }
    }
    const std::uint64_t bit = std::uint64_t{1} << (raw(signal.signal) - 1);
    if (!is_named && (dropped_ & bit) == 0) {
        dropped_ |= bit;
        report({.kind = Report::Kind::SignalDropped, .signal = signal.signal});
    }
}

void Supervisor::enter(ServiceId id, State state) {
    Service& service = services_[index(id)];
    service.state = state;
    service.since = now_;
    service.deadline.reset();
}

void Supervisor::emit(const Command& command) {
    commands_.push_back(command);
}

void Supervisor::emit_signal(ServiceId id, Signal signal, Scope scope) {
    emit({.kind = Command::Kind::Signal,
          .service = id,
          .signal = {.signal = signal},
          .scope = scope});
}

void Supervisor::emit_service(Command::Kind kind, ServiceId id) {
    emit({.kind = kind, .service = id});
}

void Supervisor::emit_all(Signal signal) {
    emit({.kind = Command::Kind::SignalAll, .signal = {.signal = signal}});
}

void Supervisor::report(const Report& what) {
    emit({.kind = Command::Kind::Report, .report = what});
}

/// The end of a run, with what follows from it.
void Supervisor::report_with_next(ServiceId id, Report what) {
    what.service = id;
    what.next = runs_[index(id)].next;
    what.delay = runs_[index(id)].delay;
    what.attempt = service(id).attempt;
    what.limit = spec_.services[index(id)].restart.max_attempts;
    report(what);
}

/// The last line names the service that gave the exit code, whatever began the stop.
void Supervisor::report_exit() {
    const ServiceId id = !cause_code_ && first_failure_ ? first_failed_ : cause_;
    Report last{.kind = Report::Kind::Exiting,
                .service = id,
                .signal = stop_signal_,
                .number = exit_code()};
    if (id != kNoService) {
        // Without an end not even KILL ended it.
        last.status = service(id).last_exit.value_or(ExitStatus::killed(base::kSigKill));
        last.fault = fault(id);
    }
    report(last);
}

Report::Fault Supervisor::fault(ServiceId id) const {
    const Run& run = runs_[index(id)];
    return run.has_start_failed ? Report::Fault::NotStarted : run.fault;
}

bool Supervisor::has_live_service() const {
    return std::any_of(services_.begin(), services_.end(),
                       [](const Service& service) { return is_live(service.state); });
}

void Supervisor::note_failure(ServiceId id, int code) {
    if (!first_failure_) {
        first_failure_ = code;
        first_failed_ = id;
    }
}

}  // namespace core
