// SPDX-License-Identifier: MIT
#include <algorithm>

#include "world.hpp"

// What must hold of restarts, wishes, health probes, watchdogs and schedules.
namespace sim {

using Kind = core::Report::Kind;

void World::check_restart(ServiceId id) {
    Lasting& lasting = known(id).lasting;
    const core::RestartPolicy& policy = spec(id).restart;
    if (lasting.is_hand_stopped) {
        violate("what was stopped by hand stays down", spec(id).name);
    }
    if (lasting.is_replaced) {
        violate("what is replaced stays down", spec(id).name);
    }
    if (lasting.is_automatic && now_ < lasting.not_before) {
        violate("no start before its delay is over", spec(id).name);
    }
    if (lasting.is_automatic && policy.max_attempts > 0 &&
        lasting.automatic > policy.max_attempts) {
        violate("no more restarts than max-attempts in a window", spec(id).name);
    }
    if (known(id).was_spawned && known(id).has_ended && is_tree_alive(id) && !known(id).killed_at) {
        violate("nothing of the run before is left", spec(id).name);
    }
    for (std::size_t i = 0; i < known_.size(); ++i) {
        const auto requirer = static_cast<ServiceId>(i);
        const auto& needs = spec(requirer).requires_;
        const bool is_requirer = std::find(needs.begin(), needs.end(), id) != needs.end();
        if (is_requirer && known_[i].was_spawned && !is_gone(requirer)) {
            violate("what requires a service is down before that starts",
                    spec(id).name + " before " + spec(requirer).name);
        }
    }
    if (!lasting.is_automatic && spec(id).schedule.kind != core::Schedule::Kind::None) {
        lasting.automatic = 0;  // another date
    }
    lasting.is_automatic = false;
}

/// What the supervisor says of an end, against the policy.
void World::check_end_report(const core::Report& report) {
    const bool is_end = report.kind == Kind::Exited || report.kind == Kind::StartFailed ||
                        report.kind == Kind::SpawnFailed;
    const bool is_fault = report.kind == Kind::ReadyTimeout || report.kind == Kind::Unhealthy ||
                          report.kind == Kind::WatchdogMissed;
    if (report.next == core::Report::Next::Nothing || (!is_end && !is_fault)) {
        return;
    }
    Known& service = known(report.service);
    const core::RestartPolicy& policy = spec(report.service).restart;
    if (stop_began_ && report.next == core::Report::Next::Restarts && !service.is_restart_said) {
        violate("nothing restarts in a container that stops", spec(report.service).name);
    }
    if (!service.is_restart_said) {
        const bool has_lived = service.executed_at && !service.is_overdue &&
                               now_ - *service.executed_at >= policy.window;
        service.lasting.automatic = has_lived ? 0 : service.lasting.automatic;
        service.lasting.automatic += report.next == core::Report::Next::Restarts ? 1 : 0;
        service.is_restart_said = true;
    }
    if (report.attempt != service.lasting.automatic) {
        violate("attempts are counted right", spec(report.service).name);
    }
    if (report.next == core::Report::Next::GivesUp) {
        if (policy.max_attempts == 0 || report.attempt < policy.max_attempts) {
            violate("nobody gives up early", spec(report.service).name);
        }
        return;
    }
    std::int64_t full = policy.delay.count();
    for (int i = 1; i < report.attempt; ++i) {
        full = std::min(full * 2, policy.max_delay.count());
    }
    full = std::min(full, policy.max_delay.count());
    const std::int64_t off = full * policy.jitter_permille / 1000;
    if (report.delay.count() < full - off || report.delay.count() > full + off) {
        violate("a delay is what the policy says", std::to_string(report.delay.count()));
    }
    if (is_end) {
        service.lasting.is_automatic = true;
        service.lasting.not_before = now_ + report.delay;
    }
}

void World::check_wish(const core::Report& report) {
    Known& service = known(report.service);
    if (report.kind == Kind::StartAsked || report.kind == Kind::RestartAsked) {
        service.lasting.is_hand_stopped = service.lasting.is_automatic = false;
        service.lasting.is_asked_for = true;
        facts_.push_back({.kind = Fact::Kind::Revived, .service = report.service});
    } else if (report.kind == Kind::DependencyFailed) {
        service.lasting.is_automatic = false;
    } else if (report.kind == Kind::StopAsked) {
        service.lasting.is_hand_stopped = true;
        service.lasting.is_automatic = false;
        facts_.push_back({.kind = Fact::Kind::HandStopped, .service = report.service});
    } else if (report.kind == Kind::RequirementDown) {
        const auto& needs = spec(report.service).requires_;
        if (std::find(needs.begin(), needs.end(), report.other) == needs.end()) {
            violate("only what requires a service goes down with it", spec(report.service).name);
        }
        facts_.push_back({.kind = Fact::Kind::Recalled, .service = report.service});
    } else if (report.kind == Kind::Unhealthy &&
               spec(report.service).health.action != core::HealthAction::None) {
        facts_.push_back({.kind = Fact::Kind::Unhealthy,
                          .service = report.service,
                          .lived = now_ - *service.executed_at});
    } else if (report.kind == Kind::WatchdogMissed) {
        service.has_missed = true;
        if (service.fed_at && now_ < *service.fed_at + *spec(report.service).watchdog) {
            violate("a watchdog that is fed bites nobody", spec(report.service).name);
        }
        facts_.push_back({.kind = Fact::Kind::WatchdogMissed,
                          .service = report.service,
                          .lived = now_ - *service.executed_at});
    }
    if (stop_began_ && (report.kind == Kind::StartAsked || report.kind == Kind::StopAsked ||
                        report.kind == Kind::RestartAsked || report.kind == Kind::RunSkipped)) {
        violate("a container that stops obeys no wishes", spec(report.service).name);
    }
}

void World::check_health_probe(ServiceId id) {
    const bool has_one =
        std::any_of(processes_.begin(), processes_.end(), [id](const Process& process) {
            return process.service == id && process.role == Process::Role::HealthProbe &&
                   !process.is_reaped;
        });
    if (has_one) {
        violate("never two health probes of one service", spec(id).name);
    }
    const Known& service = known(id);
    if (!service.is_ready || service.has_ended || service.asked != Signal::None) {
        violate("only what is up is probed", spec(id).name);
    }
}

/// The container ends by itself only when nothing can run again.
void World::check_future() {
    if (stop_began_) {
        return;
    }
    for (std::size_t i = 0; i < known_.size(); ++i) {
        const auto id = static_cast<ServiceId>(i);
        const bool is_scheduled = spec(id).schedule.kind != core::Schedule::Kind::None;
        const bool is_wanted = spec(id).is_enabled || known_[i].lasting.is_asked_for;
        if (known_[i].lasting.is_automatic || (is_scheduled && is_wanted)) {
            violate("a container waits for what comes back", spec(id).name);
        }
    }
}

/// Nothing happens and nothing is timed: then nothing may be due either.
void World::check_idle() {
    for (std::size_t i = 0; i < known_.size() && is_service_mode() && !stop_began_; ++i) {
        const auto id = static_cast<ServiceId>(i);
        const core::State state = supervisor_.service(id).state;
        const bool has_dates = spec(id).schedule.kind == core::Schedule::Kind::Every;
        if (state == core::State::Backoff || (state == core::State::Scheduled && has_dates)) {
            violate("an idle world has a deadline or needs none", spec(id).name);
        }
        const bool is_watched = spec(id).watchdog.has_value();
        const bool is_probed =
            spec(id).health.kind != core::HealthCheck::Kind::None &&
            std::none_of(processes_.begin(), processes_.end(), [id](const Process& process) {
                return process.service == id && process.role == Process::Role::HealthProbe &&
                       !process.is_reaped;
            });
        const bool is_kept_up = supervisor_.hold(id).kind == core::Hold::Kind::Requirer;
        if (state == core::State::Up && !is_kept_up && (is_watched || is_probed)) {
            violate("what is watched is looked at", spec(id).name);
        }
        if (state == core::State::Waiting && supervisor_.hold(id).kind == core::Hold::Kind::None) {
            violate("what can start has started", spec(id).name);
        }
    }
}

}  // namespace sim
