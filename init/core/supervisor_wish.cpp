// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/supervisor.hpp"

// What people ask for, and the dates of schedules. While the container stops, none of it counts.
namespace core {

/// Starts `id` and whatever it requires and is down for good.
void Supervisor::on_start_asked(ServiceId id, Report::Kind kind) {
    if (phase_ != Phase::Running) {
        return;
    }
    standings_[index(id)].is_wanted = true;
    const std::span<const ServiceId> order = graph_.order();
    for (std::size_t i = order.size(); i-- > 0;) {
        const ServiceId wanted = order[i];
        if (!standings_[index(wanted)].is_wanted) {
            continue;
        }
        standings_[index(wanted)].is_wanted = false;
        revive(wanted, wanted == id, wanted == id ? kind : Report::Kind::StartAsked);
        for (const ServiceId needed : spec_.services[index(wanted)].requires_) {
            standings_[index(needed)].is_wanted = true;
        }
    }
}

/// Whether there is anything to do for its start. One that nobody asked for by name keeps its
/// delay, and is left alone when it is what it should be.
bool Supervisor::is_startable(ServiceId id, bool is_asked) const {
    const Run& run = runs_[index(id)];
    const State state = service(id).state;
    const bool is_delayed = state == State::Backoff || run.follow == Follow::Backoff;
    const bool is_on_its_way = state == State::Waiting ||
                               (is_live(state) && run.follow == Follow::Return) ||
                               (is_live(state) && state <= State::Up && !run.is_going);
    const bool is_done =
        (state == State::Done ||
         (state == State::Leaving && run.outcome == State::Done && run.follow == Follow::End)) &&
        spec_.services[index(id)].type == ServiceType::Oneshot;
    const bool is_left_alone =
        state == State::Scheduled || is_done || (is_delayed && !has_ended(state));
    return !standings_[index(id)].is_replaced && !is_on_its_way && (is_asked || !is_left_alone);
}

/// Makes `id` start, or start again once it is down.
void Supervisor::revive(ServiceId id, bool is_asked, Report::Kind kind) {
    if (is_asked) {
        services_[index(id)].attempt = 0;
    }
    if (!is_startable(id, is_asked)) {
        return;
    }
    report({.kind = kind, .service = id});
    standings_[index(id)].is_stopped_by_hand = false;
    standings_[index(id)].is_disabled = false;
    forget_failure(id);
    excuse(id, Follow::Return);
    if (!is_live(service(id).state)) {
        enter(id, State::Waiting);
    }
    set_schedule(id);
}

/// Down, and down it stays. What requires it goes first, and comes back with it.
void Supervisor::on_stop_asked(ServiceId id) {
    const State state = service(id).state;
    if (phase_ != Phase::Running || has_ended(state) || standings_[index(id)].is_stopped_by_hand) {
        return;
    }
    report({.kind = Report::Kind::StopAsked, .service = id});
    standings_[index(id)].is_stopped_by_hand = true;
    put_down(id);
}

void Supervisor::put_down(ServiceId id) {
    standings_[index(id)].run_at = kNever;
    excuse(id, Follow::Stop);
    if (const State state = service(id).state; !is_live(state)) {
        enter(id, State::Stopped);
    } else if (state <= State::Up) {
        go(id);
    }
}

void Supervisor::on_restart_asked(ServiceId id) {
    const State state = service(id).state;
    const bool is_running = is_live(state) && state <= State::Up && !runs_[index(id)].is_going;
    if (phase_ != Phase::Running || !is_running) {
        return on_start_asked(id, Report::Kind::RestartAsked);
    }
    report({.kind = Report::Kind::RestartAsked, .service = id});
    services_[index(id)].attempt = 0;
    forget_failure(id);
    excuse(id, Follow::Return);
    go(id);
}

/// Another run, another end.
void Supervisor::forget_failure(ServiceId id) {
    if (first_failed_ == id) {
        first_failure_.reset();
    }
}

/// The next run, counted from the present one.
void Supervisor::set_schedule(ServiceId id) {
    const Schedule& schedule = spec_.services[index(id)].schedule;
    if (schedule.kind == Schedule::Kind::Every) {
        standings_[index(id)].run_at = now_ + schedule.every;
    }
}

void Supervisor::on_due(ServiceId id) {
    const State state = service(id).state;
    if (phase_ != Phase::Running || has_ended(state) || !is_scheduled(id)) {
        standings_[index(id)].run_at = kNever;
        return;
    }
    set_schedule(id);
    const Hold hold = start_hold(id);
    if (state != State::Scheduled || hold.kind != Hold::Kind::None) {
        return report({.kind = Report::Kind::RunSkipped,
                       .service = id,
                       .other = state == State::Scheduled ? hold.other : kNoService});
    }
    services_[index(id)].attempt = 0;
    enter(id, State::Waiting);
}

}  // namespace core
