// SPDX-License-Identifier: MIT
#include "world.hpp"

#include <algorithm>
#include <cstdio>

namespace sim {

namespace {

constexpr std::size_t kMostSteps = 20'000;

}  // namespace

World::World(const Scenario& scenario, std::uint64_t seed, Trace trace)
    : scenario_{scenario},
      random_{~seed},
      trace_{trace},
      supervisor_{scenario_.spec, seed},
      known_(scenario.spec.services.size()) {
    tell_later(Duration{0}, {.kind = core::Event::Kind::Boot});
    for (const Knock& knock : scenario.knocks) {
        tell_later(knock.at,
                   {.kind = core::Event::Kind::SignalReceived, .signal = {.signal = knock.signal}});
    }
    for (const Wish& wish : scenario.wishes) {
        tell_later(wish.at, {.kind = wish.kind, .service = wish.service});
    }
    for (const Duration at : scenario.reloads) {
        later(at, {.kind = Happening::Kind::Reload});
    }
}

std::string World::run() {
    while (!exit_code_ && violation_.empty()) {
        advance();
        advance_reload();
        if (steps_ > kMostSteps) {
            violate("the world ends", "too many steps");
        }
    }
    if (violation_.empty()) {
        check_end();
    }
    return violation_;
}

/// To whatever is next: a happening, or the supervisor's deadline.
void World::advance() {
    const std::optional<Instant> deadline = supervisor_.next_deadline();
    if (happenings_.empty() && !deadline) {
        return wake_idle_world();
    }
    const bool is_tick = deadline && (happenings_.empty() || *deadline < happenings_.top().at);
    if (is_tick) {
        // epoll_wait(2) may return a little late, never early.
        const Instant late = std::max(now_, *deadline) + random_.time(0, 1);
        ticks_at_once_ = late == now_ ? ticks_at_once_ + 1 : 0;
        if (ticks_at_once_ > 3) {
            violate("no busy loop", "the deadline does not move on");
        }
        now_ = late;
        return tell({.kind = core::Event::Kind::Tick});
    }
    const Happening next = happenings_.top();
    happenings_.pop();
    now_ = std::max(now_, next.at);
    happen(next);
}

void World::happen(const Happening& happening) {
    switch (happening.kind) {
    case Happening::Kind::Tell:
        if (happening.run >= 0 && happening.run != known(happening.event.service).lasting.run) {
            return;  // of another run
        }
        if (happening.event.kind == core::Event::Kind::MainPidChanged) {
            return hand_over_main(happening.event.service);
        }
        return tell(happening.event);
    case Happening::Kind::Die:
        return die(happening.process, happening.status);
    case Happening::Kind::Reap:
        return reap(happening.process);
    case Happening::Kind::SetUpEnds:
        return end_set_up(happening.event.service, happening.process);
    case Happening::Kind::Reload:
        return begin_reload();
    case Happening::Kind::LingerEnds:
        return tell({.kind = core::Event::Kind::LingerDone});
    }
}

/// Nothing will ever happen by itself: somebody stops the container, and a program that nothing
/// else can end is killed from outside.
void World::wake_idle_world() {
    check_idle();
    ++idle_wakes_;
    if (idle_wakes_ == 1) {
        return tell(
            {.kind = core::Event::Kind::SignalReceived, .signal = {.signal = base::kSigTerm}});
    }
    if (is_service_mode() || idle_wakes_ > 2) {
        return violate("a stop ends", "nothing is timed and nothing happens");
    }
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        processes_[i].manners.is_stuck = false;
        deliver(static_cast<int>(i), base::kSigKill);
    }
}

void World::later(Duration delay, Happening happening) {
    happening.at = now_ + delay;
    happening.number = ++numbers_;
    happenings_.push(happening);
}

void World::tell_later(Duration delay, const core::Event& event) {
    later(delay, {.kind = Happening::Kind::Tell, .event = event});
}

/// Of the present run: the runtime closes what a run left open.
void World::tell_run_later(Duration delay, const core::Event& event) {
    later(delay,
          {.kind = Happening::Kind::Tell, .event = event, .run = known(event.service).lasting.run});
}

void World::tell(const core::Event& event) {
    const bool is_wish = event.kind == core::Event::Kind::StartAsked ||
                         event.kind == core::Event::Kind::StopAsked ||
                         event.kind == core::Event::Kind::RestartAsked;
    // The runtime refuses wishes in the middle of a reload.
    if (exit_code_ || !violation_.empty() || (reload_ && is_wish)) {
        return;
    }
    ++steps_;
    if (trace_ == Trace::On) {
        std::printf("%8lld event %d service %d\n",
                    static_cast<long long>(now_.time_since_epoch().count()),
                    static_cast<int>(event.kind), static_cast<int>(event.service));
    }
    learn(event);
    const std::span<const core::Command> commands = supervisor_.step(event, now_);
    check_pairs(commands);
    for (const core::Command& command : commands) {
        check_command(command);
        obey(command);
    }
    note_given_up();
    check_state();
}

/// What the supervisor knows once it has this event.
void World::learn(const core::Event& event) {
    switch (event.kind) {
    case core::Event::Kind::Boot:
        facts_.push_back({.kind = Fact::Kind::Booted});
        return;
    case core::Event::Kind::SpawnFailed:
        known(event.service).has_ended = true;
        facts_.push_back({.kind = Fact::Kind::ForkFailed,
                          .service = event.service,
                          .asked = known(event.service).asked});
        return;
    case core::Event::Kind::Executed: {
        Known& service = known(event.service);
        service.was_executed = true;
        service.executed_at = now_;
        service.is_ready =
            service.is_ready || (service.asked == Signal::None &&
                                 spec(event.service).ready.kind == core::Readiness::Kind::Exec);
        return;
    }
    case core::Event::Kind::StartFailed:
        known(event.service).start_failed = known(event.service).asked == Signal::None;
        return;
    case core::Event::Kind::Ready:
        known(event.service).is_ready =
            known(event.service).is_ready || known(event.service).asked == Signal::None;
        return;
    case core::Event::Kind::MainExited:
        return learn_end(event);
    case core::Event::Kind::TreeEmpty:
        known(event.service).is_tree_empty = true;
        return;
    case core::Event::Kind::SignalReceived: {
        const Signal signal = event.signal.signal;
        const int number = base::raw(signal);
        if (number == 15 || number == 2 || number == 3 || number == 30 || number == 37) {
            if (is_service_mode() && !stop_began_) {
                facts_.push_back({.kind = Fact::Kind::StopSignal});
                stop_began_ = now_;
            }
        }
        return;
    }
    case core::Event::Kind::WatchdogFed:
        known(event.service).fed_at = now_;
        return;
    case core::Event::Kind::WatchdogFailed:
        known(event.service).fed_at = Instant::min() + Duration{1'000'000'000};
        return;
    case core::Event::Kind::StartAsked:
    case core::Event::Kind::RestartAsked:
        if (!stop_began_) {
            known(event.service).lasting.automatic = 0;
            facts_.push_back({.kind = Fact::Kind::Asked, .service = event.service});
        }
        return;
    case core::Event::Kind::ReplaceAsked:
        if (!stop_began_) {
            known(event.service).lasting.is_replaced = true;
            known(event.service).lasting.is_automatic = false;
            facts_.push_back({.kind = Fact::Kind::HandStopped, .service = event.service});
        }
        return;
    case core::Event::Kind::StopAsked:
    case core::Event::Kind::WatchdogSet:
    case core::Event::Kind::Due:
    case core::Event::Kind::Spawned:
    case core::Event::Kind::HealthProbed:
    case core::Event::Kind::HookExited:
    case core::Event::Kind::MainPidChanged:
    case core::Event::Kind::TimeExtended:
    case core::Event::Kind::ChildrenGone:
    case core::Event::Kind::LingerDone:
    case core::Event::Kind::Paused:
    case core::Event::Kind::Tick:
        return;
    }
}

void World::learn_end(const core::Event& event) {
    Known& service = known(event.service);
    if (service.has_ended || !service.was_spawned) {
        return;  // it had been given up, perhaps before it changed
    }
    service.has_ended = true;
    service.is_ready = false;
    service.ended_at = now_;
    const std::vector<int>& good = spec(event.service).success_codes;
    service.has_succeeded = service.asked == Signal::None && !service.start_failed &&
                            !event.status.was_killed() &&
                            std::find(good.begin(), good.end(), event.status.code()) != good.end();
    if (!is_service_mode()) {
        stop_began_ = now_;
    }
    facts_.push_back({.kind = Fact::Kind::Ended,
                      .service = event.service,
                      .status = event.status,
                      .asked = service.asked,
                      .was_killed = service.was_killed,
                      .was_executed = service.was_executed,
                      .lived = service.executed_at ? now_ - *service.executed_at : Duration{-1},
                      .start_failed = service.start_failed});
}

/// A service that ended for the supervisor while its main process lives was given up after KILL.
void World::note_given_up() {
    for (std::size_t i = 0; i < known_.size(); ++i) {
        const auto id = static_cast<ServiceId>(i);
        if (!known_[i].was_spawned || known_[i].has_ended ||
            !core::has_ended(supervisor_.service(id).state)) {
            continue;
        }
        const bool is_due = known_[i].killed_at && now_ - *known_[i].killed_at >= Duration{1000};
        if (!is_due) {
            violate("given up only a second after KILL", spec(id).name);
        }
        learn_end({.kind = core::Event::Kind::MainExited,
                   .service = id,
                   .status = ExitStatus::killed(base::kSigKill)});
    }
}

}  // namespace sim
