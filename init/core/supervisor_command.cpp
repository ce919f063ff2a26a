// SPDX-License-Identifier: MIT
#include "core/exit_policy.hpp"
#include "core/supervisor.hpp"

namespace core {

namespace {

constexpr ServiceId kProgram{0};
constexpr Duration kKillPatience{1000};

/// The three that ask a program to end; PWR and the rest are the program's own business.
bool asks_to_end(Signal signal) {
    return signal == base::kSigTerm || signal == base::kSigInt || signal == base::kSigQuit;
}

}  // namespace

void Supervisor::dispatch_command(const Event& event) {
    if (spec_.services.empty()) {
        return dispatch_pause(event);
    }
    switch (event.kind) {
    case Event::Kind::Boot:
        if (phase_ == Phase::Booting) {
            phase_ = Phase::Running;
            spawn(kProgram);
        }
        return;
    case Event::Kind::Spawned:
        services_[0].pid = event.pid;
        return;
    case Event::Kind::SpawnFailed:
        report({.kind = Report::Kind::SpawnFailed, .service = kProgram, .number = event.number});
        finish_program(State::Failed, base::kExitSystem);
        return leave_command();
    case Event::Kind::Executed:
        if (services_[0].state == State::Setup) {
            become_up(kProgram);
        }
        return;
    case Event::Kind::StartFailed:
        runs_[0].has_start_failed = true;
        return;
    case Event::Kind::MainExited:
        return end_command(event.status);
    case Event::Kind::SignalReceived:
        return phase_ == Phase::Running ? forward_signal(event.signal) : hurry(event.signal);
    case Event::Kind::ChildrenGone:
        are_children_gone_ = true;
        if (phase_ == Phase::Draining || phase_ == Phase::Killing) {
            leave_command();
        }
        return;
    case Event::Kind::Ready:
    case Event::Kind::TreeEmpty:
    case Event::Kind::HookExited:
    case Event::Kind::MainPidChanged:
    case Event::Kind::TimeExtended:
    case Event::Kind::HealthProbed:
    case Event::Kind::WatchdogFed:
    case Event::Kind::WatchdogSet:
    case Event::Kind::WatchdogFailed:
    case Event::Kind::Due:
    case Event::Kind::StartAsked:
    case Event::Kind::StopAsked:
    case Event::Kind::RestartAsked:
    case Event::Kind::ReplaceAsked:
    case Event::Kind::LingerDone:
    case Event::Kind::Paused:
    case Event::Kind::Tick:
        return;  // none of them belongs to a program that knows nothing of us
    }
}

void Supervisor::dispatch_pause(const Event& event) {
    const Signal signal = event.signal.signal;
    if (event.kind == Event::Kind::SignalReceived &&
        (signal == base::kSigTerm || signal == base::kSigInt)) {
        leave_command();
    }
}

void Supervisor::forward_signal(const SignalInfo& signal) {
    SignalInfo sent = signal;
    if (const SignalRoute* route = find_route(spec_.command.rewrites, signal.signal)) {
        sent.signal = route->to;
    }
    if (sent.signal == Signal::None) {
        return;
    }
    emit({.kind = Command::Kind::Signal,
          .service = kProgram,
          .signal = sent,
          .scope = spec_.command.signals_group ? Scope::Group : Scope::Main,
          .number = 1});
    if (asks_to_end(signal.signal) && spec_.command.stop_timeout && !deadline_) {
        runs_[0].stop_began = now_;
        services_[0].stop_wanted = true;
        services_[0].sent = sent.signal;
        deadline_ = now_ + *spec_.command.stop_timeout;
    }
}

/// A signal while what the program left behind is ending: there is nobody to forward it to.
void Supervisor::hurry(const SignalInfo& signal) {
    if (phase_ == Phase::Draining && asks_to_end(signal.signal)) {
        kill_rest();
    }
}

void Supervisor::end_command(const ExitStatus& status) {
    if (phase_ != Phase::Running) {
        return;
    }
    const int code = remap(spec_.command, status.shell_code());
    services_[0].last_exit = status;
    report({.kind = runs_[0].has_start_failed ? Report::Kind::StartFailed : Report::Kind::Exited,
            .service = kProgram,
            .status = status,
            .duration = now_ - services_[0].spawned_at,
            .number = code});
    finish_program(code == 0 ? State::Done : State::Failed, code);
    phase_ = Phase::Draining;
    if (are_children_gone_) {
        return leave_command();
    }
    if (spec_.command.kill_grace <= Duration::zero()) {
        emit_all(base::kSigKill);
        phase_ = Phase::Killing;
        deadline_ = now_ + kKillPatience;
        return;
    }
    emit_all(base::kSigTerm);
    emit_all(base::kSigCont);
    deadline_ = now_ + spec_.command.kill_grace;
}

void Supervisor::finish_program(State outcome, int code) {
    services_[0].pid = Pid::None;
    cause_code_ = code;
    enter(kProgram, outcome);
}

void Supervisor::expire_command() {
    if (!deadline_ || *deadline_ > now_) {
        return;
    }
    switch (phase_) {
    case Phase::Running:
        if (runs_[0].is_killed) {
            return end_command(ExitStatus::killed(base::kSigKill));  // not even KILL ended it
        }
        report({.kind = Report::Kind::StopTimeout,
                .service = kProgram,
                .duration = now_ - runs_[0].stop_began});
        runs_[0].is_killed = true;
        services_[0].sent = base::kSigKill;
        deadline_ = now_ + kKillPatience;
        return emit_signal(kProgram, base::kSigKill, Scope::Tree);
    case Phase::Draining:
        return kill_rest();
    case Phase::Killing:
        return leave_command();
    case Phase::Booting:
    case Phase::Stopping:
    case Phase::Lingering:
    case Phase::Over:
        return deadline_.reset();
    }
}

void Supervisor::kill_rest() {
    has_killed_rest_ = true;
    emit_all(base::kSigKill);
    phase_ = Phase::Killing;
    deadline_ = now_ + kKillPatience;
}

void Supervisor::leave_command() {
    phase_ = Phase::Over;
    deadline_.reset();
    if (has_killed_rest_) {
        report({.kind = Report::Kind::Exiting, .number = exit_code()});
    }
    emit({.kind = Command::Kind::Exit, .number = exit_code()});
}

}  // namespace core
