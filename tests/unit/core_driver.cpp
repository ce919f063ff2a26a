// SPDX-License-Identifier: MIT
#include "core_driver.hpp"

#include <array>

namespace core_test {

namespace {

std::string short_name(core::Signal signal) {
    return std::string{base::to_string(signal).view().substr(3)};
}

constexpr std::array kScopes{"main", "group", "tree"};
constexpr std::array kFaults{"", " not started", " not ready", " unhealthy", " watchdog missed"};
constexpr std::array kReports{
    "Starting",         "Ready",         "Exited",         "StartFailed",     "Done",
    "DependencyFailed", "ReadyTimeout",  "Stopping",       "StopTimeout",     "ShutdownStarted",
    "StopNow",          "SignalDropped", "Draining",       "SpawnFailed",     "HookFailed",
    "Unhealthy",        "Healthy",       "WatchdogMissed", "RequirementDown", "StopAsked",
    "StartAsked",       "RestartAsked",  "ReplaceAsked",   "RunSkipped",      "Exiting"};

}  // namespace

core::ServiceSpec service(std::string name, std::vector<ServiceId> requires_) {
    core::ServiceSpec spec;
    spec.name = std::move(name);
    spec.requires_ = std::move(requires_);
    return spec;
}

core::ServiceSpec oneshot(std::string name, std::vector<ServiceId> requires_) {
    core::ServiceSpec spec = service(std::move(name), std::move(requires_));
    spec.type = core::ServiceType::Oneshot;
    spec.is_essential = false;
    return spec;
}

core::Spec spec(std::vector<core::ServiceSpec> services) {
    core::Spec spec;
    spec.services = std::move(services);
    spec.linger = Duration{0};
    return spec;
}

core::Spec program() {
    core::Spec result = spec({service("program")});
    result.mode = core::Mode::Command;
    return result;
}

Texts Driver::spawned(ServiceId id) {
    return step({.kind = core::Event::Kind::Spawned,
                 .service = id,
                 .pid = static_cast<base::Pid>(100 + core::index(id))});
}

Texts Driver::spawn_failed(ServiceId id, int error) {
    return step({.kind = core::Event::Kind::SpawnFailed, .service = id, .number = error});
}

Texts Driver::ended(ServiceId id, ExitStatus status) {
    return step({.kind = core::Event::Kind::MainExited, .service = id, .status = status});
}

Texts Driver::hook_exited(ServiceId id, ExitStatus status) {
    return step({.kind = core::Event::Kind::HookExited, .service = id, .status = status});
}

Texts Driver::probed(ServiceId id, int code) {
    return step({.kind = core::Event::Kind::HealthProbed,
                 .service = id,
                 .status = ExitStatus::exited(code)});
}

Texts Driver::extended(ServiceId id, Duration by) {
    return step({.kind = core::Event::Kind::TimeExtended, .service = id, .duration = by});
}

Texts Driver::signal(core::Signal signal) {
    return step({.kind = core::Event::Kind::SignalReceived, .signal = {.signal = signal}});
}

Texts Driver::paused(Duration duration) {
    pass(duration);
    return step({.kind = core::Event::Kind::Paused, .duration = duration});
}

Texts Driver::after(Duration duration) {
    pass(duration);
    return step({.kind = core::Event::Kind::Tick});
}

void Driver::bring_up() {
    (void)boot();
    for (std::size_t i = 0; i < supervisor_.service_count(); ++i) {
        come_up(static_cast<ServiceId>(i));
    }
}

void Driver::come_up(ServiceId id) {
    (void)spawned(id);
    (void)executed(id);
    (void)ready(id);
}

Texts Driver::gone(ServiceId id, ExitStatus status) {
    Texts texts = ended(id, status);
    const Texts more = tree_empty(id);
    texts.insert(texts.end(), more.begin(), more.end());
    return texts;
}

Texts Driver::step(const core::Event& event) {
    Texts texts;
    for (const core::Command& command : supervisor_.step(event, now_)) {
        texts.push_back(text(command));
    }
    return texts;
}

Duration Driver::deadline() const {
    const std::optional<Instant> next = supervisor_.next_deadline();
    return next ? *next - now_ : Duration{-1};
}

std::string Driver::name(ServiceId id) const {
    return id == core::kNoService ? "-" : spec_.services[core::index(id)].name;
}

std::string Driver::text(const core::Command& command) const {
    const std::string who = name(command.service);
    switch (command.kind) {
    case core::Command::Kind::Spawn:
        return "spawn " + who;
    case core::Command::Kind::StartProbe:
        return "probe " + who;
    case core::Command::Kind::StopProbe:
        return "stop-probe " + who;
    case core::Command::Kind::RunHook:
        return "hook " + who;
    case core::Command::Kind::KillHook:
        return "kill-hook " + who;
    case core::Command::Kind::StartHealthProbe:
        return "health-probe " + who + (command.number == 1 ? " (last)" : "");
    case core::Command::Kind::StopHealthProbe:
        return "stop-health-probe " + who + (command.number == 1 ? " (last)" : "");
    case core::Command::Kind::Signal: {
        std::string value;
        if (command.signal.has_value) {
            value = "=" + std::to_string(command.signal.value);
        }
        return short_name(command.signal.signal) + value + " " +
               kScopes.at(static_cast<std::size_t>(command.scope)) + " " + who;
    }
    case core::Command::Kind::WatchTree:
        return "watch " + who;
    case core::Command::Kind::SignalAll:
        return short_name(command.signal.signal) + " all";
    case core::Command::Kind::Linger:
        return "linger " + base::to_string(command.duration);
    case core::Command::Kind::Report:
        return text(command.report);
    case core::Command::Kind::Exit:
        return "exit " + std::to_string(command.number);
    }
    return "?";
}

std::string Driver::text(const core::Report& report) const {
    std::string text = "report ";
    text += kReports.at(static_cast<std::size_t>(report.kind));
    if (report.service != core::kNoService) {
        text += " " + name(report.service);
    }
    if (report.other != core::kNoService) {
        text += " because of " + name(report.other);
    }
    if (report.signal != core::Signal::None) {
        text += " " + short_name(report.signal);
    }
    if (report.duration > Duration{0}) {
        text += " " + base::to_string(report.duration);
    }
    text += kFaults.at(static_cast<std::size_t>(report.fault));
    if (report.number >= 0) {
        text += " (" + std::to_string(report.number) + ")";
    }
    const std::string attempt =
        std::to_string(report.attempt) + " of " + std::to_string(report.limit);
    if (report.next == core::Report::Next::Restarts) {
        text += ", again in " + base::to_string(report.delay) + ", " + attempt;
    } else if (report.next == core::Report::Next::GivesUp) {
        text += ", gives up after " + attempt;
    }
    return text;
}

Texts acts(const Texts& texts) {
    Texts result;
    for (const std::string& text : texts) {
        if (text.rfind("report ", 0) != 0) {
            result.push_back(text);
        }
    }
    return result;
}

}  // namespace core_test

namespace doctest {

String StringMaker<std::vector<std::string>>::convert(const std::vector<std::string>& texts) {
    std::string joined;
    for (const std::string& text : texts) {
        joined += "\n    " + text;
    }
    return joined.c_str();
}

}  // namespace doctest
