// SPDX-License-Identifier: MIT
#include "runtime/report_fields.hpp"

namespace runtime {
namespace {

using core::Report;
using Kind = core::Report::Kind;
using logging::Fields;

std::string_view name_of(core::ServiceId id, const core::Spec& spec) {
    return spec.services[core::index(id)].name;
}

// What an event is called, and what its duration is.
struct Words {
    std::string_view event;
    std::string_view duration = {};
};

Words words_of(Kind kind) {
    switch (kind) {
    case Kind::Starting:
        return {"starting"};
    case Kind::Ready:
        return {"ready", "after"};
    case Kind::Exited:
        return {"exited", "after"};
    case Kind::StartFailed:
        return {"start_failed", "after"};
    case Kind::Done:
        return {"done", "after"};
    case Kind::DependencyFailed:
        return {"dependency_failed"};
    case Kind::ReadyTimeout:
        return {"ready_timeout", "after"};
    case Kind::Stopping:
        return {"stopping"};
    case Kind::StopTimeout:
        return {"stop_timeout", "after"};
    case Kind::ShutdownStarted:
        return {"container_stopping", "budget"};
    case Kind::StopNow:
        return {"stop_now"};
    case Kind::SignalDropped:
        return {"signal_dropped"};
    case Kind::Draining:
        return {"draining", "budget"};
    case Kind::SpawnFailed:
        return {"spawn_failed"};
    case Kind::HookFailed:
        return {"hook_failed"};
    case Kind::Unhealthy:
        return {"unhealthy"};
    case Kind::Healthy:
        return {"healthy", "after"};
    case Kind::WatchdogMissed:
        return {"watchdog_missed", "after"};
    case Kind::RequirementDown:
        return {"requirement_down"};
    case Kind::StopAsked:
        return {"stop_asked"};
    case Kind::StartAsked:
        return {"start_asked"};
    case Kind::RestartAsked:
        return {"restart_asked"};
    case Kind::ReplaceAsked:
        return {"replace_asked"};
    case Kind::RunSkipped:
        return {"run_skipped"};
    case Kind::Exiting:
        return {"container_exiting"};
    }
    return {};
}

std::string_view fault_name(Report::Fault fault) {
    switch (fault) {
    case Report::Fault::Ended:
        return "ended";
    case Report::Fault::NotStarted:
        return "not_started";
    case Report::Fault::NotReady:
        return "not_ready";
    case Report::Fault::Unhealthy:
        return "unhealthy";
    case Report::Fault::WatchdogMissed:
        return "watchdog_missed";
    }
    return "";
}

bool has_status(Kind kind) {
    return kind == Kind::Exited || kind == Kind::Done || kind == Kind::StartFailed ||
           kind == Kind::HookFailed;
}

void add_status(Fields& fields, const core::ExitStatus& status, const DeathNote& note) {
    if (!status.was_killed()) {
        fields.number("code", status.shell_code());
        return;
    }
    fields.text("signal", base::to_string(status.signal())).flag("core", status.dumped_core());
    if (status.signal() == base::kSigKill) {
        fields.number("oom_kills", static_cast<std::int64_t>(note.oom_kills));
    }
}

void add_next(Fields& fields, const Report& report) {
    if (report.next == Report::Next::Restarts) {
        fields.seconds("restart_in", report.delay);
    }
    if (report.next == Report::Next::GivesUp) {
        fields.flag("gave_up", true);
    }
    if (report.next != Report::Next::Nothing) {
        fields.number("attempt", report.attempt).number("limit", report.limit);
    }
}

// Report::number is what the kind says.
void add_number(Fields& fields, const Report& report) {
    const bool is_end = report.kind == Kind::Exited || report.kind == Kind::Done ||
                        report.kind == Kind::StartFailed || report.kind == Kind::Exiting;
    if (is_end && report.number >= 0) {
        fields.number("exit_code", report.number);
    } else if (report.kind == Kind::SpawnFailed) {
        fields.number("errno", report.number);
    } else if (report.kind == Kind::Unhealthy) {
        fields.number("failures", report.number);
    }
}

// The container's own events name who or what brought them about.
void add_cause(Fields& fields, const Report& report, const core::Spec& spec,
               const DeathNote& note) {
    if (report.service != core::kNoService) {
        fields.text("cause", name_of(report.service, spec)).text("fault", fault_name(report.fault));
        if (report.kind == Kind::Exiting) {
            add_status(fields, report.status, note);
        }
    }
    if (report.signal != core::Signal::None) {
        // Beside it, "signal" is what ended the cause.
        fields.text(report.kind == Kind::Exiting ? "stop_signal" : "signal",
                    base::to_string(report.signal));
    }
}

}  // namespace

std::string_view event_name(Kind kind) {
    return words_of(kind).event;
}

Fields fields_of(const Report& report, const core::Spec& spec, const DeathNote& note) {
    Fields fields;
    const auto words = words_of(report.kind);
    fields.text("event", words.event);
    const bool is_of_container = report.kind == Kind::ShutdownStarted ||
                                 report.kind == Kind::StopNow ||
                                 report.kind == Kind::SignalDropped ||
                                 report.kind == Kind::Draining || report.kind == Kind::Exiting;
    if (is_of_container) {
        add_cause(fields, report, spec, note);
    } else {
        if (note.pid != base::Pid::None) {
            fields.number("pid", base::raw(note.pid));
        }
        if (has_status(report.kind)) {
            add_status(fields, report.status, note);
        }
        if (report.kind == Kind::Stopping) {
            fields.text("signal", base::to_string(report.signal));
        }
        if (report.other != core::kNoService) {
            fields.text(report.kind == Kind::RunSkipped ? "waits_for" : "requires",
                        name_of(report.other, spec));
        }
    }
    if (!words.duration.empty()) {
        fields.seconds(words.duration, report.duration);
    }
    add_next(fields, report);
    add_number(fields, report);
    return fields;
}

}  // namespace runtime
