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
    feed_watchdog(id);
}

void Supervisor::end_watch(ServiceId id) {
    Run& run = runs_[index(id)];
    if (run.is_probe_valid) {
        run.is_probe_valid = false;
        emit_service(Command::Kind::StopHealthProbe, id);
    }
    run.health_at = run.watchdog_at = kNever;
}

void Supervisor::expire_health(ServiceId id) {
    Run& run = runs_[index(id)];
    run.health_at = kNever;
    if (run.is_probe_valid) {
        // The next one is due an interval after this one is gone, which a KILL decides.
        run.is_probe_valid = false;
        run.is_probe_late = true;
        emit({.kind = Command::Kind::StopHealthProbe,
              .service = id,
              .number = is_last_chance(id) ? 1 : 0});
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
    emit({.kind = Command::Kind::StartHealthProbe,
          .service = id,
          .number = is_last_chance(id) ? 1 : 0});
}

/// Whether one more probe that fails makes it unhealthy.
bool Supervisor::is_last_chance(ServiceId id) const {
    return service(id).is_healthy.value_or(true) &&
           runs_[index(id)].failed_probes + 1 >= spec_.services[index(id)].health.retries;
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
    fail_running(id, Report::Fault::Unhealthy, what);
}

/// How often WATCHDOG=1 has to come in this run; zero: never.
Duration Supervisor::watchdog(ServiceId id) const {
    const auto& own = runs_[index(id)].watchdog;
    return own ? *own : spec_.services[index(id)].watchdog.value_or(Duration::zero());
}

void Supervisor::feed_watchdog(ServiceId id) {
    const Duration interval = watchdog(id);
    if (service(id).state == State::Up && !runs_[index(id)].is_going) {
        runs_[index(id)].watchdog_at = interval > Duration::zero() ? now_ + interval : kNever;
    }
}

void Supervisor::set_watchdog(ServiceId id, Duration interval) {
    runs_[index(id)].watchdog = interval;
    feed_watchdog(id);
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
                 {.kind = Report::Kind::WatchdogMissed, .duration = silence});
    end_helpers(id);
    services_[index(id)].stop_wanted = true;
    run.stop_began = now_;
    ask_to_stop(id, base::kSigAbrt, Scope::Main);
}

}  // namespace core
