// SPDX-License-Identifier: MIT
#include "runtime/report.hpp"

#include <string_view>

#include "base/text.hpp"
#include "runtime/report_fields.hpp"

namespace runtime {
namespace {

using core::Report;
using logging::Severity;

std::string_view name_of(core::ServiceId id, const core::Spec& spec) {
    return id == core::kNoService ? std::string_view{"container"}
                                  : std::string_view{spec.services[core::index(id)].name};
}

// What follows for the service itself.
base::Text next_of(const Report& report) {
    base::Text text;
    if (report.next == Report::Next::Restarts) {
        text.append("; restarts in ").append(base::to_string(report.delay)).append(" (attempt ");
        text.append(report.attempt);
        if (report.limit > 0) {
            text.append(" of ").append(report.limit);
        }
        text.append(")");
    } else if (report.next == Report::Next::GivesUp) {
        text.append("; gave up after ").append(report.attempt);
        text.append(report.attempt == 1 ? " restart" : " restarts");
    }
    return text;
}

// What an end means for the service and for the container, the second half of its one line.
base::Text outcome(const Report& report) {
    auto text = next_of(report);
    if (report.number >= 0) {
        text.append(report.next == Report::Next::Nothing ? "; " : ", ");
        text.append("container exits with ").append(report.number);
    }
    return text;
}

base::Text death(const Report& report, const DeathNote& note) {
    auto text = base::to_string(report.status);
    if (report.status.signal() == base::kSigKill && note.oom_kills > 0) {
        text.append(" (out of memory: cgroup oom_kill ")
            .append(static_cast<std::int64_t>(note.oom_kills))
            .append(")");
    }
    return text;
}

base::Text fault(const Report& report, const core::Spec& spec, const DeathNote& note) {
    switch (report.fault) {
    case Report::Fault::Ended:
        return death(report, note);
    case Report::Fault::Unhealthy:
        return base::Text{"was unhealthy"};
    case Report::Fault::WatchdogMissed:
        return base::Text{"missed its watchdog"};
    case Report::Fault::NotStarted:
        return base::Text{"did not start"};
    case Report::Fault::NotReady:
        break;
    }
    const auto& timeout = spec.services[core::index(report.service)].ready.timeout;
    return base::Text{"was not ready within "}.append(
        base::to_string(timeout.value_or(core::Duration{0})));
}

// In command mode the exit code speaks for itself, as with every small init; a signal does not.
Severity end_severity(const Report& report, const core::Spec& spec) {
    return spec.mode == core::Mode::Command && !report.status.was_killed() ? Severity::Debug
                                                                           : Severity::Info;
}

// The last line, and for a reader who missed the rest the only one: so it names the cause again.
void say_exiting(const Report& report, const core::Spec& spec, const DeathNote& note,
                 logging::Logger& log) {
    base::Text asked;
    if (report.signal != core::Signal::None) {
        asked.append(", as ").append(base::to_string(report.signal)).append(" asked");
    }
    if (report.service == core::kNoService) {
        log.info("container exits with {}{}", report.number, asked.view());
    } else {
        log.info("container exits with {}{}, because {}: {}", report.number, asked.view(),
                 name_of(report.service, spec), fault(report, spec, note).view());
    }
}

void say_shutdown(const Report& report, const core::Spec& spec, const DeathNote& note,
                  logging::Logger& log) {
    const auto budget = base::to_string(report.duration);
    if (report.signal == core::Signal::None) {
        // How it ended stands in the line before.
        const auto why =
            report.fault == Report::Fault::Ended ? base::Text{"ended"} : fault(report, spec, note);
        log.info("stopping, because {} {}; {} for everything", name_of(report.service, spec),
                 why.view(), budget.view());
    } else {
        log.info("stopping, because of {}; {} for everything",
                 base::to_string(report.signal).view(), budget.view());
    }
}

// The reports that are not about one service.
void say_of_container(const Report& report, const core::Spec& spec, const DeathNote& note,
                      logging::Logger& log) {
    const auto signal = base::to_string(report.signal);
    if (report.kind == Report::Kind::ShutdownStarted) {
        say_shutdown(report, spec, note, log);
    } else if (report.kind == Report::Kind::StopNow) {
        log.warn("got {} while stopping; killing everything now", signal.view());
    } else if (report.kind == Report::Kind::SignalDropped) {
        // A terminal sends these two by itself, and a program that ignores them loses nothing.
        const auto text = signal.view();
        const bool is_noise = report.signal == base::kSigWinch || report.signal == base::kSigCont;
        log.line(is_noise ? Severity::Debug : Severity::Warn, {},
                 "{} dropped, because no service names it in 'signals'",
                 fmt::make_format_args(text));
    } else if (report.kind == Report::Kind::Draining) {
        log.debug("processes left after the last service get TERM and {}",
                  base::to_string(report.duration).view());
    } else if (spec.mode == core::Mode::Service) {
        say_exiting(report, spec, note, log);
    }
}

// A start that came to nothing, without an end of its own.
void say_of_start(const Report& report, const core::Spec& spec, std::string_view name,
                  logging::Logger& log) {
    if (report.kind == Report::Kind::DependencyFailed) {
        log.about(name, Severity::Error, "cannot run, because '{}', which it requires, failed",
                  name_of(report.other, spec));
    } else if (report.kind == Report::Kind::ReadyTimeout) {
        log.about(name, Severity::Error, "{}; stopping it{}", fault_text(report).view(),
                  next_of(report).view());
    } else {
        log.about(name, Severity::Error, "cannot fork: {}{}", logging::error_text(report.number),
                  next_of(report).view());
    }
}

void say_of_stop(const Report& report, std::string_view name, logging::Logger& log) {
    if (report.kind == Report::Kind::Stopping) {
        log.about(name, Severity::Debug, "stopping with {}", base::to_string(report.signal).view());
    } else if (report.kind == Report::Kind::StopTimeout) {
        log.about(name, Severity::Warn, "did not stop within {}; killing all of it",
                  base::to_string(report.duration).view());
    } else {
        log.about(name, Severity::Warn, "before-stop command {}; stopping all the same",
                  base::to_string(report.status).view());
    }
}

// Health, watchdog, and what people or other services want of one.
void say_of_life(const Report& report, const core::Spec& spec, std::string_view name,
                 logging::Logger& log) {
    const auto duration = base::to_string(report.duration);
    const auto info = [&](std::string_view text) { log.about(name, Severity::Info, "{}", text); };
    if (report.kind == Report::Kind::Unhealthy) {
        log.about(name, Severity::Error, "{}{}", fault_text(report).view(), next_of(report).view());
    } else if (report.kind == Report::Kind::Healthy) {
        log.about(name, Severity::Info, "healthy again after {}", duration.view());
    } else if (report.kind == Report::Kind::WatchdogMissed) {
        log.about(name, Severity::Error, "{}; ending it with SIGABRT{}", fault_text(report).view(),
                  next_of(report).view());
    } else if (report.kind == Report::Kind::RequirementDown) {
        log.about(name, Severity::Info,
                  "stops, because '{}', which it requires, is down; starts again with it",
                  name_of(report.other, spec));
    } else if (report.kind == Report::Kind::StopAsked) {
        info("stops, as asked; stays down until it is started");
    } else if (report.kind == Report::Kind::StartAsked) {
        info("starts, as asked");
    } else if (report.kind == Report::Kind::RestartAsked) {
        info("restarts, as asked");
    } else if (report.kind == Report::Kind::ReplaceAsked) {
        info("stops, because its file changed or is gone (reload)");
    } else if (report.kind == Report::Kind::RunSkipped) {
        if (report.other == core::kNoService) {
            log.about(name, Severity::Warn, "is due, but its last run is not over; skipped");
        } else {
            log.about(name, Severity::Warn, "is due, but has to wait for '{}'; skipped",
                      name_of(report.other, spec));
        }
    }
}

}  // namespace

base::Text fault_text(const Report& report) {
    const auto duration = base::to_string(report.duration);
    base::Text text;
    if (report.kind == Report::Kind::ReadyTimeout) {
        text.append("not ready after ").append(duration).append(" (ready-timeout)");
    } else if (report.kind == Report::Kind::Unhealthy) {
        text.append("unhealthy after ").append(report.number);
        text.append(report.number == 1 ? " failed probe" : " failed probes");
    } else if (report.kind == Report::Kind::WatchdogMissed) {
        if (report.duration == core::Duration::zero()) {
            return base::Text{"says that it hangs (WATCHDOG=trigger)"};
        }
        text.append("no WATCHDOG=1 for ").append(duration).append(" (watchdog)");
    }
    return text;
}

void say(const Report& report, const core::Spec& spec, const DeathNote& note,
         logging::Logger& log) {
    const auto fields =
        log.format() == logging::Format::Json ? fields_of(report, spec, note) : logging::Fields{};
    const logging::Attachment attachment{log, fields};
    const auto name = name_of(report.service, spec);
    const auto duration = base::to_string(report.duration);
    // In command mode pidone is as silent as any small init.
    const bool is_command = spec.mode == core::Mode::Command;
    switch (report.kind) {
    case Report::Kind::Starting:
        log.about(name, Severity::Debug, "starting");
        return;
    case Report::Kind::Ready:
        log.about(name, is_command ? Severity::Debug : Severity::Info, "ready after {}",
                  duration.view());
        return;
    case Report::Kind::Exited:
    case Report::Kind::Done:
        log.about(name, end_severity(report, spec), "{} after {}{}", death(report, note).view(),
                  duration.view(), outcome(report).view());
        return;
    case Report::Kind::StartFailed:
        // The child's own words were said when they came; this line says what follows from them.
        log.about(name, is_command ? Severity::Debug : Severity::Error, "did not start{}",
                  outcome(report).view());
        return;
    case Report::Kind::Stopping:
    case Report::Kind::StopTimeout:
    case Report::Kind::HookFailed:
        say_of_stop(report, name, log);
        return;
    case Report::Kind::DependencyFailed:
    case Report::Kind::ReadyTimeout:
    case Report::Kind::SpawnFailed:
        say_of_start(report, spec, name, log);
        return;
    case Report::Kind::Unhealthy:
    case Report::Kind::Healthy:
    case Report::Kind::WatchdogMissed:
    case Report::Kind::RequirementDown:
    case Report::Kind::StopAsked:
    case Report::Kind::StartAsked:
    case Report::Kind::RestartAsked:
    case Report::Kind::ReplaceAsked:
    case Report::Kind::RunSkipped:
        say_of_life(report, spec, name, log);
        return;
    case Report::Kind::ShutdownStarted:
    case Report::Kind::StopNow:
    case Report::Kind::SignalDropped:
    case Report::Kind::Draining:
    case Report::Kind::Exiting:
        say_of_container(report, spec, note, log);
        return;
    }
}

}  // namespace runtime
