// SPDX-License-Identifier: MIT
#include "core/supervisor.hpp"

// Health probes and watchdogs: what is looked at while a service is up and nobody wants it down.
namespace core {

void Supervisor::begin_watch(ServiceId id) {
    const ServiceSpec& spec = spec_.services[index(id)];
    Run& run = runs_[index(id)];
    if (run.is_going) {
        return;
    }
    if (spec.health.kind != HealthCheck::Kind::None) {
        // Where readiness was proved there is nothing to learn yet.
        const bool is_proved = spec.ready.kind != Readiness::Kind::Exec;
        run.health_at = is_proved ? now_ + spec.health.interval : now_;
    }
    if (spec.watchdog) {
        run.watchdog_at = now_ + *spec.watchdog;
    }
}

void Supervisor::end_watch(ServiceId id) {
    Run& run = runs_[index(id)];
    if (run.is_probe_valid) {
        run.is_probe_valid = false;
        emit_service(Command::Kind::StopHealthProbe, id);
    }
    run.health_at = run.watchdog_at = kNever;
}

void Supervisor::expire_watch(ServiceId id) {
    Run& run = runs_[index(id)];
    if (run.watchdog_at <= now_) {
        return miss_watchdog(id, *spec_.services[index(id)].watchdog);
    }
    if (run.health_at > now_) {
        return;
    }
    run.health_at = kNever;
    if (run.is_probe_valid) {
        // The next one is due an interval after this one is gone, which a KILL decides.
        run.is_probe_valid = false;
        run.is_probe_late = true;
        emit_service(Command::Kind::StopHealthProbe, id);
        count_health(id, false);
    } else if (!standings_[index(id)].has_health_probe) {
        start_health_probe(id);
    }
}

void Supervisor::start_health_probe(ServiceId id) {
    const HealthCheck& check = spec_.services[index(id)].health;
    Run& run = runs_[index(id)];
    standings_[index(id)].has_health_probe = true;
    run.is_probe_valid = true;
    run.health_at = now_ + check.timeout;
    are_children_gone_ = false;
    const bool is_last =
        service(id).is_healthy.value_or(true) && run.failed_probes + 1 >= check.retries;
    emit({.kind = Command::Kind::StartHealthProbe, .service = id, .number = is_last ? 1 : 0});
}

void Supervisor::on_health_probed(ServiceId id, const ExitStatus& status) {
    const HealthCheck& check = spec_.services[index(id)].health;
    Run& run = runs_[index(id)];
    Standing& standing = standings_[index(id)];
    if (!standing.has_health_probe) {
        return;
    }
    standing.has_health_probe = false;
    if (service(id).state != State::Up || run.is_going) {
        return;
    }
    if (run.is_probe_valid) {
        run.is_probe_valid = false;
        run.health_at = now_ + check.interval;
        return count_health(id, status == ExitStatus::exited(0));
    }
    if (run.health_at == kNever) {
        // The next one had to wait: for one of this run that was too late, or of the run before.
        run.health_at = run.is_probe_late ? now_ + check.interval : now_;
    }
    run.is_probe_late = false;
}

void Supervisor::count_health(ServiceId id, bool is_good) {
    const HealthCheck& check = spec_.services[index(id)].health;
    Service& service = services_[index(id)];
    Run& run = runs_[index(id)];
    if (is_good) {
        if (!service.is_healthy.value_or(true)) {
            report({.kind = Report::Kind::Healthy,
                    .service = id,
                    .duration = now_ - run.unhealthy_since});
        }
        run.failed_probes = 0;
        service.is_healthy = true;
        return;
    }
    if (now_ < run.executed_at + check.start_period) {
        return;
    }
    ++run.failed_probes;
    if (run.failed_probes >= check.retries && service.is_healthy.value_or(true)) {
        become_unhealthy(id);
    }
}

void Supervisor::become_unhealthy(ServiceId id) {
    const HealthAction action = spec_.services[index(id)].health.action;
    Run& run = runs_[index(id)];
    services_[index(id)].is_healthy = false;
    run.unhealthy_since = now_;
    Report what{.kind = Report::Kind::Unhealthy, .service = id, .number = run.failed_probes};
    if (action == HealthAction::None) {
        return report(what);
    }
    fail_running(id, Report::Fault::Unhealthy, what, action == HealthAction::Restart);
    go(id);
    if (phase_ == Phase::Running && run.follow == Follow::End) {
        lose(id);
    }
}

void Supervisor::feed_watchdog(ServiceId id) {
    if (runs_[index(id)].watchdog_at != kNever) {
        runs_[index(id)].watchdog_at = now_ + *spec_.services[index(id)].watchdog;
    }
}

void Supervisor::on_watchdog_failed(ServiceId id) {
    if (runs_[index(id)].watchdog_at != kNever) {
        miss_watchdog(id, Duration{0});
    }
}

/// A process that hangs is no longer asked: ABRT leaves a core to look at.
void Supervisor::miss_watchdog(ServiceId id, Duration silence) {
    Run& run = runs_[index(id)];
    fail_running(id, Report::Fault::WatchdogMissed,
                 {.kind = Report::Kind::WatchdogMissed, .duration = silence}, false);
    go(id);
    if (phase_ == Phase::Running && run.follow == Follow::End) {
        lose(id);
    }
    end_helpers(id);
    services_[index(id)].stop_wanted = true;
    run.stop_began = now_;
    ask_to_stop(id, base::kSigAbrt, Scope::Main);
}

}  // namespace core
