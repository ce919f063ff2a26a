// SPDX-License-Identifier: MIT
#include "scenario.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace sim {

namespace {

using core::ServiceId;
using core::ServiceSpec;

constexpr std::array kStops{base::kSigTerm, base::kSigInt, base::kSigQuit, base::kSigPwr,
                            base::kSigRtMin3};
constexpr std::array kOthers{base::kSigHup, base::kSigUsr1, base::kSigUsr2, base::kSigWinch};

template <class Array>
auto pick(Random& random, const Array& from) {
    return from.at(static_cast<std::size_t>(random.between(0, static_cast<int>(from.size()) - 1)));
}

std::optional<Duration> maybe(Random& random, int chance, int low, int high) {
    return random.percent(chance) ? std::optional{random.time(low, high)} : std::nullopt;
}

ExitStatus any_end(Random& random) {
    if (random.percent(35)) {
        return ExitStatus::exited(0);
    }
    if (random.percent(30)) {
        return ExitStatus::killed(pick(random, std::array{base::kSigKill, base::kSigAbrt}));
    }
    return ExitStatus::exited(random.between(1, 200));
}

Manners any_manners(Random& random) {
    Manners manners;
    manners.ignores = random.percent(8);
    manners.is_stuck = random.percent(1);
    manners.delay = random.percent(80) ? random.time(0, 50) : random.time(0, 4000);
    if (random.percent(40)) {
        manners.answer = random.percent(70) ? ExitStatus::exited(random.percent(50) ? 0 : 143)
                                            : ExitStatus::exited(random.between(0, 200));
    }
    return manners;
}

void draw_edges(Random& random, core::Spec& spec) {
    // An order of its own, so that the ids say nothing about who comes first.
    std::vector<ServiceId> order;
    for (std::size_t i = 0; i < spec.services.size(); ++i) {
        order.insert(order.begin() + random.between(0, static_cast<int>(i)),
                     static_cast<ServiceId>(i));
    }
    const int density = random.between(0, 50);
    for (std::size_t later = 1; later < order.size(); ++later) {
        ServiceSpec& service = spec.services[core::index(order[later])];
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            if (random.percent(density)) {
                (random.percent(70) ? service.requires_ : service.after).push_back(order[earlier]);
            }
        }
    }
}

}  // namespace

ServiceSpec any_service(Random& random, const Mood& mood, std::size_t number) {
    using Kind = core::Readiness::Kind;
    ServiceSpec service;
    service.name = "s" + std::to_string(number);
    service.command = {"program"};
    if (random.percent(25)) {
        service.type = core::ServiceType::Oneshot;
    }
    const bool is_job = service.type == core::ServiceType::Oneshot;
    service.is_essential = random.percent(is_job ? mood.essential / 10 : mood.essential);
    service.is_enabled = !random.percent(3);
    service.ready.kind = pick(random, std::array{Kind::Exec, Kind::Exec, Kind::Notify,
                                                 Kind::Descriptor, Kind::Probe, Kind::Command});
    service.ready.timeout = maybe(random, 25, 1, 3000);
    service.stop_signal =
        pick(random, std::array{base::kSigTerm, base::kSigTerm, base::kSigQuit, base::kSigInt});
    service.stop_timeout = maybe(random, 40, 0, 12'000);
    service.kill_mode = random.percent(50) ? core::KillMode::Mixed : core::KillMode::Group;
    if (random.percent(10)) {
        service.success_codes.push_back(random.between(1, 20));
    }
    service.unexpected_exit_code = random.between(60, 79);
    if (random.percent(10)) {
        service.before_stop.delay = random.time(0, 3000);
    }
    if (random.percent(15)) {
        service.before_stop.command = {"drain"};
    }
    if (random.percent(30)) {
        service.signals.push_back({base::kSigHup, base::kSigUsr1});
    }
    if (random.percent(10)) {
        service.signals.push_back({base::kSigUsr2, Signal::None});
    }
    return service;
}

namespace {

Behaviour any_behaviour(Random& random, const Mood& mood, const ServiceSpec& spec) {
    Behaviour behaviour;
    const int trouble = mood.is_calm ? 0 : 1;
    behaviour.fork_fails = random.percent(2 * trouble);
    behaviour.set_up = maybe(random, 100 - 2 * trouble, 0, random.percent(80) ? 20 : 3000);
    if (random.percent(4 * trouble)) {
        behaviour.set_up_failure = ExitStatus::exited(pick(random, std::array{71, 78, 126, 127}));
        behaviour.says_why = random.percent(80);
    }
    behaviour.ready = maybe(random, 100 - 5 * trouble, 0, random.percent(80) ? 50 : 5000);
    const bool is_job = spec.type == core::ServiceType::Oneshot;
    const int mortality = is_job ? 97 : 5 + 10 * trouble;
    behaviour.life = maybe(random, mortality, 0, random.percent(50) ? 50 : 20'000);
    behaviour.end =
        is_job && random.percent(mood.is_calm ? 97 : 70) ? ExitStatus::exited(0) : any_end(random);
    behaviour.manners = any_manners(random);
    for (int count = random.percent(15) ? random.between(1, 2) : 0; count > 0; --count) {
        behaviour.leftovers.push_back(any_manners(random));
    }
    for (int count = random.percent(8) ? random.between(1, 2) : 0; count > 0; --count) {
        behaviour.strays.push_back(any_manners(random));
    }
    behaviour.hook = maybe(random, 85, 0, 1500);
    behaviour.hook_code = random.percent(80) ? 0 : 1;
    behaviour.extends_at = maybe(random, 10, 0, 10'000);
    behaviour.extends_by = random.time(0, 20'000);
    behaviour.new_main_at = maybe(random, 4, 0, 8000);
    behaviour.probe = maybe(random, 90, 0, 400);
    behaviour.probe_failures = random.percent(50) ? 0 : random.between(10, 100);
    behaviour.feeds = maybe(random, 90, 20, 150);
    behaviour.feeds_until = maybe(random, 30, 0, 3000);
    behaviour.bites_at = maybe(random, 3, 0, 3000);
    return behaviour;
}

core::RestartPolicy any_policy(Random& random) {
    core::RestartPolicy policy;
    policy.when = pick(random, std::array{core::Restart::No, core::Restart::OnFailure,
                                          core::Restart::OnFailure, core::Restart::Always});
    policy.delay = random.time(random.percent(20) ? 0 : 1, 500);
    policy.max_delay = random.time(500, 3000);
    policy.jitter_permille = static_cast<unsigned>(random.between(0, 300));
    policy.window = random.time(1, 5000);
    policy.max_attempts = random.between(policy.delay == Duration{0} ? 1 : 0, 4);
    policy.give_up = random.percent(50) ? core::GiveUp::Exit : core::GiveUp::Stop;
    return policy;
}

}  // namespace

std::vector<Behaviour> any_runs(Random& random, const Mood& mood, const ServiceSpec& spec) {
    std::vector<Behaviour> runs;
    for (int i = 0; i < 4; ++i) {
        runs.push_back(any_behaviour(random, mood, spec));
    }
    return runs;
}

void draw_supervision(Random& random, ServiceSpec& service) {
    if (random.percent(50)) {
        service.restart = any_policy(random);
    }
    if (service.type == core::ServiceType::Oneshot) {
        return;
    }
    if (random.percent(30)) {
        service.health.kind = core::HealthCheck::Kind::Command;
        service.health.interval = random.time(1, 1000);
        service.health.timeout = random.time(1, 500);
        service.health.retries = random.between(1, 3);
        service.health.start_period = random.time(0, 1000);
        service.health.action =
            pick(random, std::array{core::HealthAction::None, core::HealthAction::Restart,
                                    core::HealthAction::Exit});
    }
    if (random.percent(20)) {
        service.watchdog = random.time(100, 500);
    }
}

namespace {

/// Oneshots that nobody needs get dates.
void draw_schedules(Random& random, core::Spec& spec) {
    std::vector<bool> is_needed(spec.services.size());
    for (const ServiceSpec& service : spec.services) {
        for (const auto* edges : {&service.requires_, &service.after}) {
            for (const ServiceId id : *edges) {
                is_needed[core::index(id)] = true;
            }
        }
    }
    for (std::size_t i = 0; i < spec.services.size(); ++i) {
        ServiceSpec& service = spec.services[i];
        if (!is_needed[i] && service.type == core::ServiceType::Oneshot && random.percent(50)) {
            const bool is_every = random.percent(70);
            service.schedule.kind =
                is_every ? core::Schedule::Kind::Every : core::Schedule::Kind::Cron;
            service.schedule.every = random.time(50, 3000);
        }
    }
}

void draw_wishes(Random& random, Scenario& scenario) {
    using Kind = core::Event::Kind;
    const int last = static_cast<int>(scenario.spec.services.size()) - 1;
    for (int count = random.between(0, 8); count > 0; --count) {
        const auto id = static_cast<ServiceId>(random.between(0, last));
        const bool has_dates =
            scenario.spec.services[core::index(id)].schedule.kind == core::Schedule::Kind::Cron;
        const Kind kind =
            has_dates && random.percent(60)
                ? Kind::Due
                : pick(random, std::array{Kind::StartAsked, Kind::StopAsked, Kind::RestartAsked});
        scenario.wishes.push_back({random.time(0, 6000), kind, id});
    }
}

void draw_knocks(Random& random, Scenario& scenario) {
    const int span = random.percent(50) ? 200 : 15'000;
    Duration at = random.time(0, span);
    if (random.percent(75)) {
        scenario.knocks.push_back({at, pick(random, kStops)});
    }
    if (random.percent(20)) {
        at += random.percent(50) ? random.time(0, 50) : random.time(0, 9000);
        scenario.knocks.push_back({at, pick(random, kStops)});
    }
    for (int count = random.between(0, 3); count > 0; --count) {
        scenario.knocks.push_back({random.time(0, span), pick(random, kOthers)});
    }
}

core::CommandSettings any_command_settings(Random& random) {
    core::CommandSettings command;
    command.signals_group = random.percent(30);
    command.stop_timeout = maybe(random, 50, 0, 5000);
    command.kill_grace = random.percent(20) ? Duration{0} : random.time(1, 3000);
    if (random.percent(30)) {
        command.remap.emplace_back(143, 0);
    }
    if (random.percent(20)) {
        command.rewrites.push_back({base::kSigTerm, base::kSigQuit});
    }
    if (random.percent(20)) {
        command.rewrites.push_back({base::kSigHup, Signal::None});
    }
    return command;
}

}  // namespace

Scenario make_scenario(std::uint64_t seed) {
    Random random{seed};
    Scenario scenario;
    core::Spec& spec = scenario.spec;
    spec.mode = random.percent(10) ? core::Mode::Command : core::Mode::Service;
    spec.shutdown_timeout = random.percent(70) ? Duration{8000} : random.time(0, 12'000);
    spec.linger = random.percent(50) ? Duration{0} : random.time(1, 3000);
    const Mood mood{random.percent(50), random.between(0, 60)};
    const int count = spec.mode == core::Mode::Command ? 1 : random.between(1, 12);
    for (int i = 0; i < count; ++i) {
        spec.services.push_back(any_service(random, mood, static_cast<std::size_t>(i)));
    }
    if (spec.mode == core::Mode::Command) {
        spec.services[0] = ServiceSpec{};
        spec.services[0].name = "program";
        spec.command = any_command_settings(random);
    }
    draw_edges(random, spec);
    const bool is_lively = spec.mode == core::Mode::Service && random.percent(60);
    if (is_lively) {
        for (ServiceSpec& service : spec.services) {
            draw_supervision(random, service);
        }
        draw_schedules(random, spec);
        draw_wishes(random, scenario);
    }
    for (const ServiceSpec& service : spec.services) {
        scenario.behaviours.push_back(any_runs(random, mood, service));
    }
    draw_knocks(random, scenario);
    if (is_lively) {
        // Such a world would never end by itself.
        scenario.knocks.push_back({random.time(0, 10'000), base::kSigTerm});
        for (int left = random.percent(40) ? random.between(1, 3) : 0; left > 0; --left) {
            scenario.reloads.push_back(random.time(0, 6000));
        }
    }
    return scenario;
}

}  // namespace sim
