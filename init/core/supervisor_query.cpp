// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/exit_policy.hpp"
#include "core/supervisor.hpp"

// What others may ask of the supervisor; nothing here changes anything.
namespace core {

std::optional<Instant> Supervisor::next_deadline() const {
    if (phase_ == Phase::Over) {
        return std::nullopt;
    }
    Instant earliest = deadline_.value_or(kNever);
    for (std::size_t i = 0; i < services_.size(); ++i) {
        earliest = std::min({earliest, services_[i].deadline.value_or(kNever), runs_[i].health_at,
                             runs_[i].watchdog_at, standings_[i].run_at});
    }
    return earliest == kNever ? std::nullopt : std::optional{earliest};
}

Health Supervisor::health() const {
    if (is_stopping()) {
        return Health::Stopping;
    }
    Health worst = Health::Healthy;
    for (std::size_t i = 0; i < services_.size(); ++i) {
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
    const Run& run = runs_[index(id)];
    const ServiceSpec& spec = spec_.services[index(id)];
    const State state = service(id).state;
    if (spec_.mode == Mode::Command) {
        return Health::Healthy;
    }
    const bool has_to_prove =
        spec.health.kind != HealthCheck::Kind::None && spec.ready.kind == Readiness::Kind::Exec;
    switch (state) {
    case State::Stopped:
        if (!spec.is_enabled) {
            return Health::Healthy;  // it is as the file says, also when somebody had started it
        }
        [[fallthrough]];
    case State::Failed:
        return standings_[index(id)].is_replaced ? Health::Starting : Health::Unhealthy;
    case State::Done:
        return run.has_lost_requirement ? Health::Unhealthy : Health::Healthy;
    case State::Scheduled:
    case State::Waiting:
    case State::Backoff:
    case State::Setup:
    case State::Starting:
    case State::Up:
    case State::BeforeStop:
    case State::Stopping:
    case State::Leaving:
        break;
    }
    if (is_scheduled(id)) {
        return Health::Healthy;  // a run of a job says nothing of what the container serves
    }
    if (is_live(state) && run.follow == Follow::End &&
        (run.has_lost_requirement || (state > State::Up && run.outcome == State::Failed))) {
        return Health::Unhealthy;
    }
    if (state > State::Up) {
        const bool comes_back = run.follow == Follow::Backoff || run.follow == Follow::Return;
        return comes_back ? Health::Starting : Health::Stopping;
    }
    if (state != State::Up) {
        return Health::Starting;
    }
    if (!service(id).is_healthy) {
        return has_to_prove ? Health::Starting : Health::Healthy;
    }
    return *service(id).is_healthy ? Health::Healthy : Health::Unhealthy;
}

bool Supervisor::is_stopping() const {
    return phase_ != Phase::Booting && phase_ != Phase::Running;
}

int Supervisor::exit_code() const {
    return cause_code_.value_or(first_failure_.value_or(0));
}

std::optional<Instant> Supervisor::next_run(ServiceId id) const {
    const Instant at = standings_[index(id)].run_at;
    return at == kNever ? std::nullopt : std::optional{at};
}

bool Supervisor::ended_well(ServiceId id) const {
    const auto& status = service(id).last_exit;
    return status && is_success(spec_.services[index(id)], *status, runs_[index(id)].asked);
}

bool Supervisor::has_given_up(ServiceId id) const {
    return service(id).state == State::Failed && runs_[index(id)].next == Report::Next::GivesUp;
}

/// Whether a run that ended well ended by itself, and not because we interrupted it.
bool Supervisor::is_done(ServiceId id) const {
    const ServiceSpec& spec = spec_.services[index(id)];
    const Service& it = service(id);
    return !it.stop_wanted || (spec.type == ServiceType::Oneshot && it.last_exit &&
                               is_success(spec, *it.last_exit, Signal::None));
}

Hold Supervisor::hold(ServiceId id) const {
    using Kind = Hold::Kind;
    const Service& service = services_[index(id)];
    switch (service.state) {
    case State::Waiting:
        return start_hold(id);
    case State::Backoff:
        return {.kind = Kind::Backoff, .until = service.deadline};
    case State::Scheduled:
        return {.kind = Kind::Schedule, .until = next_run(id)};
    case State::Stopped:
        if (standings_[index(id)].is_stopped_by_hand) {
            return {.kind = Kind::ByHand};
        }
        return {.kind = standings_[index(id)].is_disabled ? Kind::Disabled : Kind::None};
    case State::BeforeStop:
        return {.kind = Kind::Hook, .until = service.deadline};
    case State::Stopping:
    case State::Leaving:
        return {.kind = Kind::OwnProcesses, .until = service.deadline};
    case State::Setup:
    case State::Starting:
    case State::Up:
        break;
    case State::Failed:
        if (runs_[index(id)].has_lost_requirement) {
            return {.kind = Kind::LostRequirement, .other = runs_[index(id)].lost};
        }
        return {};
    case State::Done:
        return {};
    }
    const ServiceId holder = runs_[index(id)].is_going ? stop_holder(id) : kNoService;
    if (holder != kNoService) {
        return {.kind = Kind::Requirer, .other = holder};
    }
    if (service.state == State::Setup) {
        return {.kind = Kind::SetUp};
    }
    return service.state == State::Up ? Hold{}
                                      : Hold{.kind = Kind::Readiness, .until = service.deadline};
}

Hold Supervisor::start_hold(ServiceId id) const {
    using Kind = Hold::Kind;
    const ServiceSpec& spec = spec_.services[index(id)];
    if (standings_[index(id)].is_main_left) {
        return {.kind = Kind::OwnProcesses};
    }
    for (const ServiceId needed : spec.requires_) {
        if (!is_ready(needed)) {
            return {.kind = Kind::Requirement, .other = needed};
        }
    }
    for (const ServiceId earlier : spec.after) {
        const Standing& standing = standings_[index(earlier)];
        const bool is_over = has_ended(service(earlier).state) && !standing.is_replaced;
        if (!is_ready(earlier) && !is_over && !standing.is_barred) {
            return {.kind = Kind::After, .other = earlier};
        }
    }
    const ServiceId requirer = live_requirer(id);
    return requirer == kNoService ? Hold{} : Hold{.kind = Kind::Requirer, .other = requirer};
}

/// True while what requires it may run.
bool Supervisor::is_ready(ServiceId id) const {
    const State state = service(id).state;
    return (state == State::Up && !runs_[index(id)].is_going) ||
           (state == State::Done && spec_.services[index(id)].type == ServiceType::Oneshot);
}

bool Supervisor::is_scheduled(ServiceId id) const {
    return spec_.services[index(id)].schedule.kind != Schedule::Kind::None;
}

/// True when it is down because somebody, or a reload, wants it so.
bool Supervisor::is_held_down(ServiceId id) const {
    return standings_[index(id)].is_stopped_by_hand || standings_[index(id)].is_replaced;
}

/// True while something may run again though nothing does.
bool Supervisor::has_future() const {
    for (std::size_t i = 0; i < services_.size(); ++i) {
        const State state = services_[i].state;
        if (state == State::Backoff || state == State::Scheduled ||
            (state == State::Stopped && is_held_down(static_cast<ServiceId>(i))) ||
            (state == State::Waiting && standings_[i].is_main_left)) {
            return true;
        }
    }
    return false;
}

/// What requires `id` or comes after it and is still on its way down, or kNoService.
ServiceId Supervisor::stop_holder(ServiceId id) const {
    for (const ServiceId dependent : graph_.dependents(id)) {
        const State state = service(dependent).state;
        if (is_live(state) && (runs_[index(dependent)].is_going || state > State::Up)) {
            return dependent;
        }
    }
    return kNoService;
}

/// A live service that requires `id`, or kNoService.
ServiceId Supervisor::live_requirer(ServiceId id) const {
    for (const ServiceId dependent : graph_.dependents(id)) {
        const auto& needs = spec_.services[index(dependent)].requires_;
        if (is_live(service(dependent).state) &&
            std::find(needs.begin(), needs.end(), id) != needs.end()) {
            return dependent;
        }
    }
    return kNoService;
}

}  // namespace core
