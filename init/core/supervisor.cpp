// SPDX-License-Identifier: MIT
#include "core/supervisor.hpp"

#include <algorithm>

#include "core/exit_policy.hpp"

namespace core {

namespace {

// A service says at most this much in one step: its end (report, StopProbe, KillHook, WatchTree,
// two signals), the loss of what it requires, and its stop (report, hook, two signals) or its KILL.
constexpr std::size_t kCommandsPerService = 20;
constexpr std::size_t kCommandsPerStep = 16;

}  // namespace

Supervisor::Supervisor(const Spec& spec)
    : spec_{spec},
      graph_{spec.services},
      services_(spec.services.size()),
      runs_(spec.services.size()) {
    commands_.reserve(kCommandsPerService * services_.size() + kCommandsPerStep);
    for (std::size_t i = 0; i < services_.size(); ++i) {
        services_[i].state = spec.services[i].is_enabled ? State::Waiting : State::Stopped;
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
        expire_command();
    } else {
        dispatch(event);
        expire();
        settle();
    }
    if (end_report_ && !was_stopping && is_stopping()) {
        commands_[*end_report_].report.number = exit_code();
    }
    return commands_;
}

std::optional<Instant> Supervisor::next_deadline() const {
    if (phase_ == Phase::Over) {
        return std::nullopt;
    }
    std::optional<Instant> earliest = deadline_;
    for (const Service& service : services_) {
        if (service.deadline && (!earliest || *service.deadline < *earliest)) {
            earliest = service.deadline;
        }
    }
    return earliest;
}

Health Supervisor::health() const {
    if (is_stopping()) {
        return Health::Stopping;
    }
    Health worst = Health::Healthy;
    for (std::size_t i = 0; i < services_.size(); ++i) {
        if (!spec_.services[i].is_enabled) {
            continue;
        }
        const Health one = health(static_cast<ServiceId>(i));
        if (one == Health::Unhealthy) {
            return Health::Unhealthy;
        }
        // A service on its way down is about to fail or to be done; the container lives on.
        worst = one == Health::Healthy ? worst : Health::Starting;
    }
    return worst;
}

Health Supervisor::health(ServiceId id) const {
    if (spec_.mode == Mode::Command) {
        return Health::Healthy;
    }
    if (runs_[index(id)].has_lost_requirement) {
        return Health::Unhealthy;
    }
    switch (service(id).state) {
    case State::Waiting:
    case State::Backoff:
    case State::Setup:
    case State::Starting:
        return Health::Starting;
    case State::Up:
    case State::Scheduled:
    case State::Done:
        return Health::Healthy;
    case State::BeforeStop:
    case State::Stopping:
    case State::Leaving:
        return runs_[index(id)].outcome == State::Failed ? Health::Unhealthy : Health::Stopping;
    case State::Failed:
    case State::Stopped:
        return Health::Unhealthy;
    }
    return Health::Unhealthy;
}

bool Supervisor::is_stopping() const {
    return phase_ != Phase::Booting && phase_ != Phase::Running;
}

int Supervisor::exit_code() const {
    return cause_code_.value_or(first_failure_.value_or(0));
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
        if (service(event.service).state == State::Leaving) {
            finish(event.service);
        }
        return;
    case Event::Kind::HookExited:
        return on_hook_exited(event.service, event.status);
    case Event::Kind::MainPidChanged:
        if (service(event.service).pid != Pid::None) {
            services_[index(event.service)].pid = event.pid;
        }
        return;
    case Event::Kind::TimeExtended:
        return on_time_extended(event.service, event.duration);
    case Event::Kind::HealthProbed:
    case Event::Kind::WatchdogFed:
    case Event::Kind::WatchdogFailed:
    case Event::Kind::Due:
    case Event::Kind::StartAsked:
    case Event::Kind::StopAsked:
    case Event::Kind::RestartAsked:
        return;
    case Event::Kind::SignalReceived:
        return on_signal(event.signal);
    case Event::Kind::ChildrenGone:
        are_children_gone_ = true;
        if (phase_ == Phase::Draining) {
            linger();
        } else if (phase_ == Phase::Killing) {
            leave_container();
        }
        return;
    case Event::Kind::LingerDone:
        if (phase_ == Phase::Lingering) {
            leave_container();
        }
        return;
    case Event::Kind::Tick:
        return;
    }
}

void Supervisor::boot() {
    if (phase_ == Phase::Booting) {
        phase_ = Phase::Running;
        for (auto& service : services_) {
            service.since = now_;
        }
        spread_losses();  // a disabled service is lost from the beginning
    }
}

/// What follows from the new state of things, whatever the event was.
void Supervisor::settle() {
    if (phase_ == Phase::Running) {
        start_what_can();
    }
    if (phase_ == Phase::Running || phase_ == Phase::Stopping) {
        stop_what_can();
        if (!has_live_service()) {
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
                  .scope = Scope::Main});
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

/// The last line names the service that gave the exit code, whatever began the stop.
void Supervisor::report_exit() {
    const ServiceId id = !cause_code_ && first_failure_ ? first_failed_ : cause_;
    Report last{.kind = Report::Kind::Exiting,
                .service = id,
                .signal = stop_signal_,
                .number = exit_code()};
    if (id != kNoService) {
        const Run& run = runs_[index(id)];
        // Without an end not even KILL ended it.
        last.status = service(id).last_exit.value_or(ExitStatus::killed(base::kSigKill));
        if (run.has_start_failed) {
            last.fault = Report::Fault::NotStarted;
        } else if (run.is_overdue) {
            last.fault = Report::Fault::NotReady;
        }
    }
    report(last);
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
