// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdio>

#include "world.hpp"

// What must hold in every world. The supervisor's own view is asked only where nothing else knows.
namespace sim {

namespace {

constexpr Duration kKillPatience{1000};
/// A tick may come a millisecond late, and KILL is followed by one more deadline.
constexpr Duration kSlack{5};

bool contains(const std::vector<ServiceId>& ids, ServiceId id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

void World::violate(const char* invariant, const std::string& detail) {
    if (violation_.empty()) {
        violation_ = std::string{invariant} + ": " + detail + " at " +
                     std::to_string(now_.time_since_epoch().count());
    }
}

void World::check_command(const core::Command& command) {
    if (trace_ == Trace::On) {
        std::printf("           command %d service %d signal %d scope %d report %d number %d\n",
                    static_cast<int>(command.kind), static_cast<int>(command.service),
                    base::raw(command.signal.signal), static_cast<int>(command.scope),
                    static_cast<int>(command.report.kind), command.number);
    }
    if (exit_code_) {
        violate("nothing follows the exit", "");
    }
    switch (command.kind) {
    case core::Command::Kind::Spawn:
        return check_spawn(command.service);
    case core::Command::Kind::RunHook:
        return check_stop_order(command.service);
    case core::Command::Kind::Report:
        return check_report(command.report);
    case core::Command::Kind::StartHealthProbe:
        return check_health_probe(command.service);
    case core::Command::Kind::SignalAll:
        if (is_service_mode()) {
            check_future();
            stop_began_ = stop_began_.value_or(now_);
        }
        return;
    case core::Command::Kind::Linger:
        if (now_ + command.duration > *stop_began_ + scenario_.spec.shutdown_timeout) {
            violate("linger stays within the budget", base::to_string(command.duration));
        }
        return;
    case core::Command::Kind::StartProbe:
    case core::Command::Kind::StopProbe:
    case core::Command::Kind::KillHook:
    case core::Command::Kind::StopHealthProbe:
    case core::Command::Kind::Signal:
    case core::Command::Kind::WatchTree:
    case core::Command::Kind::Exit:
        return;
    }
}

/// Ready, or done, as far as the supervisor can know.
bool World::is_ready_for_others(ServiceId id) const {
    const Known& service = known_[core::index(id)];
    if (spec(id).type == core::ServiceType::Oneshot) {
        const bool is_given_up = service.killed_at && now_ - *service.killed_at >= kKillPatience;
        return service.has_succeeded && (service.is_tree_empty || is_given_up);
    }
    return service.is_ready && service.was_executed && !service.has_ended &&
           service.asked == Signal::None;
}

/// Nothing of it is left, or nothing ever was, or not even KILL ended it.
bool World::is_gone(ServiceId id) const {
    const Known& service = known_[core::index(id)];
    if (!service.was_spawned) {
        return !core::is_live(supervisor_.service(id).state);
    }
    const bool is_given_up = service.killed_at && now_ - *service.killed_at >= kKillPatience;
    return is_given_up || (service.has_ended && !is_tree_alive(id));
}

void World::check_spawn(ServiceId id) {
    if (known(id).main >= 0) {
        violate("at most one live main process", spec(id).name);
    }
    if (stop_began_) {
        violate("nothing starts after a stop was asked", spec(id).name);
    }
    check_restart(id);
    if (!spec(id).is_enabled && !known(id).lasting.is_asked_for) {
        violate("what is disabled does not start", spec(id).name);
    }
    for (const ServiceId needed : spec(id).requires_) {
        if (!is_ready_for_others(needed)) {
            violate("nothing starts before what it requires is ready", spec(id).name);
        }
    }
    for (const ServiceId earlier : spec(id).after) {
        // It may wait for its turn, or for what somebody stopped, with nothing of it left.
        if (!is_ready_for_others(earlier) && !is_gone(earlier)) {
            violate("nothing starts before what it comes after is ready or gone", spec(id).name);
        }
    }
}

void World::check_stop_order(ServiceId id) {
    // One that was stopped alone does not wait for what only comes after it.
    const std::optional<Instant> began = known(id).draining_at;
    const bool is_all = stop_began_ && (!began || *began >= *stop_began_);
    for (std::size_t i = 0; i < known_.size(); ++i) {
        const auto dependent = static_cast<ServiceId>(i);
        const bool is_behind = contains(spec(dependent).requires_, id) ||
                               (is_all && contains(spec(dependent).after, id));
        if (is_behind && known_[i].was_spawned && !is_gone(dependent)) {
            violate("stop order is the reverse of the edges",
                    spec(id).name + " before " + spec(dependent).name);
        }
    }
}

void World::check_stop(const core::Report& report) {
    Known& service = known(report.service);
    const bool is_up = service.is_ready && service.was_executed &&
                       spec(report.service).type == core::ServiceType::Service;
    if (service.has_missed) {
        service.asked = report.signal;
        service.asked_at = now_;
        if (report.signal != base::kSigAbrt) {
            violate("a missed watchdog means ABRT", spec(report.service).name);
        }
        return;
    }
    const Signal expected = is_up ? spec(report.service).stop_signal : base::kSigTerm;
    if (report.signal != expected) {
        violate("the stop signal is TERM until readiness", spec(report.service).name);
    }
    if (service.has_ended) {
        violate("only what runs is stopped", spec(report.service).name);
    }
    check_stop_order(report.service);
    service.asked = report.signal;
    service.asked_at = now_;
}

void World::check_report(const core::Report& report) {
    if (report.kind == core::Report::Kind::ShutdownStarted) {
        stop_began_ = stop_began_.value_or(now_);
    }
    if (report.service == core::kNoService || !is_service_mode()) {
        return;
    }
    const core::ServiceSpec& what = spec(report.service);
    const Known& service = known(report.service);
    if (report.kind == core::Report::Kind::Stopping) {
        check_stop(report);
    } else if (report.kind == core::Report::Kind::ReadyTimeout) {
        known(report.service).is_overdue = true;
        facts_.push_back({.kind = Fact::Kind::Overdue, .service = report.service});
        const bool is_ready = service.is_ready && what.type == core::ServiceType::Service;
        if (is_ready || !service.executed_at || !what.ready.timeout ||
            now_ < *service.executed_at + *what.ready.timeout) {
            violate("the ready-timeout is not early", what.name);
        }
    } else if (report.kind == core::Report::Kind::StopTimeout) {
        const Duration whole = scenario_.spec.shutdown_timeout;
        const bool is_budget_over = stop_began_ && now_ >= *stop_began_ + whole;
        const Instant began = service.asked_at.value_or(service.ended_at.value_or(now_));
        if (!is_budget_over && now_ < began + std::min(what.stop_timeout.value_or(whole), whole)) {
            violate("KILL is not early", what.name);
        }
    }
    check_wish(report);
    check_end_report(report);
}

/// A stopped process does not see TERM before CONT.
void World::check_pairs(std::span<const core::Command> commands) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
        const core::Command& command = commands[i];
        const bool is_all = command.kind == core::Command::Kind::SignalAll;
        const bool is_one = command.kind == core::Command::Kind::Signal && is_service_mode();
        const Signal signal = command.signal.signal;
        const bool asks_to_end =
            signal == base::kSigTerm || signal == base::kSigQuit || signal == base::kSigInt;
        if (!(is_all || is_one) || !asks_to_end) {
            continue;
        }
        const bool is_followed = i + 1 < commands.size() && commands[i + 1].kind == command.kind &&
                                 commands[i + 1].service == command.service &&
                                 commands[i + 1].scope == command.scope &&
                                 commands[i + 1].signal.signal == base::kSigCont;
        if (!is_followed) {
            violate("CONT follows the stop signal", std::to_string(i));
        }
    }
}

void World::check_state() {
    const std::optional<Instant> next = supervisor_.next_deadline();
    for (std::size_t i = 0; i < known_.size(); ++i) {
        const core::Service& service = supervisor_.service(static_cast<ServiceId>(i));
        const bool is_going = service.state == core::State::BeforeStop ||
                              service.state == core::State::Stopping ||
                              service.state == core::State::Leaving;
        if (service.state == core::State::BeforeStop) {
            known_[i].draining_at = known_[i].draining_at.value_or(now_);
        }
        if (service.pid != base::Pid::None && !core::is_live(service.state)) {
            violate("only what lives has a pid", scenario_.spec.services[i].name);
        }
        // What not even KILL ended is waited for, until the container stops.
        const bool is_stuck = known_[i].killed_at && !stop_began_;
        if (is_going && !next && !exit_code_ && !is_stuck) {
            violate("what stops has a deadline", scenario_.spec.services[i].name);
        }
    }
    if (!is_service_mode()) {
        return;
    }
    const core::Health health = supervisor_.health();
    if (stop_began_ && health != core::Health::Stopping) {
        violate("a container that stops says so", "");
    }
    for (std::size_t i = 0; i < known_.size() && health == core::Health::Healthy; ++i) {
        const auto id = static_cast<ServiceId>(i);
        if (spec(id).is_enabled && spec(id).schedule.kind == core::Schedule::Kind::None &&
            !is_ready_for_others(id) && !known_[i].has_succeeded) {
            violate("healthy means everything is ready or done", spec(id).name);
        }
    }
}

void World::check_end() {
    const Duration budget =
        is_service_mode() ? scenario_.spec.shutdown_timeout : scenario_.spec.command.kill_grace;
    if (stop_began_ && now_ > *stop_began_ + budget + kKillPatience + kSlack) {
        violate("the end is within the budget", base::to_string(now_ - *stop_began_));
    }
    const bool is_patience_over = all_killed_at_ && now_ - *all_killed_at_ >= kKillPatience;
    if (has_children() && !is_patience_over) {
        violate("nothing is left behind but what KILL does not end", "");
    }
    for (std::size_t i = 0; i < known_.size(); ++i) {
        if (known_[i].was_spawned && !known_[i].has_ended) {
            violate("every service that began has ended", scenario_.spec.services[i].name);
        }
    }
    if (has_reloaded_) {
        return;  // the oracle knows one set of services
    }
    const int expected = expected_exit_code(scenario_.spec, facts_);
    if (*exit_code_ != expected) {
        violate("the exit code is the oracle's",
                std::to_string(*exit_code_) + " instead of " + std::to_string(expected));
    }
}

}  // namespace sim
