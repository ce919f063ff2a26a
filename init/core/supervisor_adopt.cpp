// SPDX-License-Identifier: MIT
#include <utility>

#include "core/supervisor.hpp"

// A reload: what changes or goes is brought down first, then another Spec takes over in one step.
namespace core {

/// Down, and down it stays until adopt(), like what somebody stops; what requires it goes first.
void Supervisor::on_replace_asked(ServiceId id) {
    if (phase_ != Phase::Running) {
        return;
    }
    if (is_live(service(id).state)) {
        report({.kind = Report::Kind::ReplaceAsked, .service = id});
    }
    standings_[index(id)].is_replaced = true;
    put_down(id);
}

/// The state of a service that never ran.
void Supervisor::begin_anew(ServiceId id) {
    standings_[index(id)].is_disabled = !spec_.services[index(id)].is_enabled;
    enter(id, standings_[index(id)].is_disabled ? State::Stopped
              : is_scheduled(id)                ? State::Scheduled
                                                : State::Waiting);
}

/// A service that changed: what is known of its past counts on, and a hand that stopped it.
void Supervisor::take_over(ServiceId id, const Service& service, const Standing& standing) {
    services_[index(id)].restarts = service.restarts;
    services_[index(id)].spawned_at = service.spawned_at;
    services_[index(id)].last_exit = service.last_exit;
    Standing& own = standings_[index(id)];
    own.has_run = standing.has_run;
    own.is_main_left = standing.is_main_left;
    own.has_health_probe = standing.has_health_probe &&
                           spec_.services[index(id)].health.kind != HealthCheck::Kind::None;
    own.is_stopped_by_hand = standing.is_stopped_by_hand && !own.is_disabled;
    if (own.is_stopped_by_hand) {
        enter(id, State::Stopped);
    }
}

void Supervisor::adopt(std::span<const Successor> from, Instant now) {
    now_ = now;
    const auto services = std::exchange(services_, std::vector<Service>(from.size()));
    const auto runs = std::exchange(runs_, std::vector<Run>(from.size()));
    const auto standings = std::exchange(standings_, std::vector<Standing>(from.size()));
    std::vector<ServiceId> kept(services.size(), kNoService);
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (from[i].is_same) {
            kept[index(from[i].was)] = static_cast<ServiceId>(i);
        }
    }
    const auto translate = [&](ServiceId& id) { id = id == kNoService ? id : kept[index(id)]; };
    graph_ = Graph{spec_.services};
    commands_.reserve(commands_for(from.size()));
    translate(first_failed_);
    if (first_failed_ == kNoService) {
        first_failure_.reset();  // another run, another end
    }
    dropped_ = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const auto id = static_cast<ServiceId>(i);
        const auto was = index(from[i].was);
        if (from[i].is_same) {
            services_[i] = services[was];
            runs_[i] = runs[was];
            standings_[i] = standings[was];
            continue;
        }
        begin_anew(id);
        if (from[i].was != kNoService) {
            take_over(id, services[was], standings[was]);
        }
        if (services_[i].state == State::Scheduled) {
            set_schedule(id);
        }
    }
    for (const ServiceId id : graph_.order()) {
        if (runs_[index(id)].has_lost_requirement) {
            reconsider(id);
        }
    }
}

/// It failed for what it requires: when all of that can run now, it gets another chance.
void Supervisor::reconsider(ServiceId id) {
    for (const ServiceId needed : spec_.services[index(id)].requires_) {
        const Run& cause = runs_[index(needed)];
        if (cause.is_lost || standings_[index(needed)].is_disabled) {
            runs_[index(id)].lost = needed;
            runs_[index(id)].root = cause.has_lost_requirement ? cause.root : needed;
            return;
        }
    }
    if (is_live(service(id).state)) {
        excuse(id, Follow::Return);
    } else {
        runs_[index(id)] = Run{};
        begin_anew(id);
    }
}

}  // namespace core
