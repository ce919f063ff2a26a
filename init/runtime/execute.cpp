// SPDX-License-Identifier: MIT
#include <utility>

#include "runtime/report.hpp"
#include "runtime/runtime.hpp"
#include "sys/process_table.hpp"
#include "sys/spawn.hpp"

namespace runtime {
namespace {

// A stop names the processes it has to kill; a fork bomb's thousand would bury the reason.
constexpr int kMaxNamed = 20;

constexpr base::Duration kLastLinePatience{250};

// EPERM is a child of another user and no reason to end: said as a warning. ESRCH is a child that
// is gone already.
void warn_unless_gone(const base::Result<void>& result, std::string_view service,
                      core::Signal signal, logging::Logger& log) {
    constexpr int kNoSuchProcess = 3;
    if (!result && result.error().code != kNoSuchProcess) {
        log.about(service, logging::Severity::Warn, "cannot send {}: {}",
                  base::to_string(signal).view(), logging::error_text(result.error().code));
    }
}

void kill_helper(base::Pid group) {
    if (group != base::Pid::None) {
        static_cast<void>(sys::kill_group(group, base::kSigKill));
        static_cast<void>(sys::kill(group, base::kSigKill));
    }
}

}  // namespace

void Runtime::execute(const core::Command& command) {
    switch (command.kind) {
    case core::Command::Kind::Spawn:
        spawn(command.service);
        forget_elsewhere(command.service);
        return;
    case core::Command::Kind::StartProbe:
        start_probe(command.service);
        return;
    case core::Command::Kind::StopProbe:
        kill_helper(process(command.service).probe);
        return;
    case core::Command::Kind::RunHook:
        run_hook(command.service);
        return;
    case core::Command::Kind::KillHook:
        kill_helper(process(command.service).hook);
        return;
    case core::Command::Kind::Signal:
        send(command);
        return;
    case core::Command::Kind::WatchTree:
        process(command.service).tree_is_watched = true;
        next_look_ = now_;
        return;
    case core::Command::Kind::SignalAll:
        signal_all(command.signal.signal);
        return;
    case core::Command::Kind::Linger:
        linger_.begin(now_, command.duration);
        return;
    case core::Command::Kind::Report:
        report(command.report);
        return;
    case core::Command::Kind::Exit:
        exit_code_ = command.number;
        return;
    }
}

// A new leader's number is no other service's any more, whatever was known of it.
void Runtime::forget_elsewhere(core::ServiceId id) {
    const auto& process = this->process(id);
    for (auto& other : processes_) {
        if (process.leader_lives && &other != &process) {
            other.tree.forget(process.leader);
        }
    }
}

void Runtime::send(const core::Command& command) {
    auto& process = this->process(command.service);
    switch (command.scope) {
    case core::Scope::Main:
        signal_main(process, command.signal);
        return;
    case core::Scope::Group:
        signal_group(process, command.signal);
        return;
    case core::Scope::Tree:
        signal_tree(process, spec(command.service), command.signal);
        return;
    }
}

void Runtime::signal_main(ServiceProcess& process, const core::SignalInfo& signal) {
    if (process.main == base::Pid::None) {
        return;
    }
    const auto result = signal.has_value ? sys::queue(process.main, signal.signal, signal.value)
                                         : sys::kill(process.main, signal.signal);
    warn_unless_gone(result, "program", signal.signal, log_);
}

void Runtime::signal_group(const ServiceProcess& process, const core::SignalInfo& signal) {
    if (process.leader == base::Pid::None) {
        return;
    }
    // Until the child has made its group there is only the child.
    auto result = sys::kill_group(process.leader, signal.signal);
    if (!result && process.leader_lives) {
        result = sys::kill(process.leader, signal.signal);
    }
    warn_unless_gone(result, "program", signal.signal, log_);
}

void Runtime::signal_tree(ServiceProcess& process, const core::ServiceSpec& spec,
                          const core::SignalInfo& signal) {
    if (spec_.mode == core::Mode::Command) {
        signal_group(process, signal);
        return;
    }
    // Without it or a member in its session, the leader's number may be a stranger's.
    bool has_group = process.leader_lives || !sys::proc_is_available();
    // Those that are to be killed are named while they still have names.
    for (const auto& member : process.tree.look(helpers())) {
        if (signal.signal == base::kSigKill) {
            name_straggler(spec.name, member);
        }
        has_group = has_group || member.session == process.leader;
        if (member.group != process.leader) {
            static_cast<void>(sys::kill(member.pid, signal.signal));
        }
    }
    if (has_group) {
        signal_group(process, signal);
    }
}

void Runtime::signal_all(core::Signal signal) {
    const bool is_first = !std::exchange(drains_, true);
    int left_to_name = signal == base::kSigKill ? kMaxNamed : 0;
    const auto name = [&](const sys::ProcessInfo& process) {
        if (left_to_name > 0 && process.is_alive() && process.pid != base::Pid::Init) {
            --left_to_name;
            name_straggler({}, process);
        }
    };
    if (settings_.is_init) {
        // No look that goes on while a fork bomb grows.
        sys::ProcessScan scan;
        while (left_to_name > 0) {
            const auto process = scan.next();
            if (!process) {
                break;
            }
            name(*process);
        }
        static_cast<void>(sys::kill_everything(signal));
        return;
    }
    if (is_first && !sys::proc_is_available() && sys::has_children()) {
        log_.warn(
            "without a /proc of this PID namespace what is left behind cannot be found; it stays");
    }
    static sys::DescendantScan scan{base::Pid::None};
    scan = sys::DescendantScan{sys::own_pid()};
    while (const auto process = scan.next()) {
        name(*process);
        static_cast<void>(sys::kill(process->pid, signal));
    }
}

void Runtime::name_straggler(std::string_view service, const sys::ProcessInfo& process) {
    const auto age = base::to_string(sys::age_of(process));
    log_.about(service, logging::Severity::Warn,
               "killed process {} ({}), {} old, which did not stop", base::raw(process.pid),
               process.name(), age.view());
}

void Runtime::report(const core::Report& report) {
    using Kind = core::Report::Kind;
    const bool is_death = report.kind == Kind::Exited || report.kind == Kind::StartFailed;
    if (is_death && report.status.signal() == base::kSigKill) {
        const auto kills = oom_.read();
        process(report.service).death.oom_kills = kills && oom_kills_ ? *kills - *oom_kills_ : 0;
        oom_kills_ = kills;
    }
    const auto note =
        report.service == core::kNoService ? DeathNote{} : process(report.service).death;
    // The line that tells why is worth a short wait, once nothing is left that the wait could hold
    // up.
    if ((is_death && report.number >= 0) || report.kind == Kind::Exiting) {
        log_.drain(kLastLinePatience);
    }
    say(report, spec_, note, log_);
}

}  // namespace runtime
