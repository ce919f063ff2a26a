// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "runtime/report.hpp"
#include "runtime/runtime.hpp"
#include "sys/process_table.hpp"
#include "sys/spawn.hpp"

namespace runtime {
namespace {

// A stop names the processes it has to kill; a fork bomb's thousand would bury the reason.
constexpr std::size_t kMaxNamed = 20;

constexpr int kNoSuchProcess = 3;

constexpr base::Duration kLastLinePatience{250};

// EPERM is a child of another user and no reason to end: said as a warning. ESRCH is a child that
// is gone already.
void warn_unless_gone(const base::Result<void>& result, std::string_view service,
                      core::Signal signal, logging::Logger& log) {
    if (!result && result.error().code != kNoSuchProcess) {
        log.about(service, logging::Severity::Warn, "cannot send {}: {}",
                  base::to_string(signal).view(), logging::error_text(result.error().code));
    }
}

// Fills `list` with the live processes beside PID 1 and its log pump and says how many there are.
std::size_t list_others(std::span<sys::ProcessInfo> list, base::Pid log_pump) {
    sys::ProcessScan scan;
    std::size_t count = 0;
    while (count < list.size()) {
        const auto process = scan.next();
        if (!process) {
            break;
        }
        if (process->is_alive() && process->pid != base::Pid::Init && process->pid != log_pump) {
            list[count++] = *process;
        }
    }
    return count;
}

}  // namespace

void kill_helper(base::Pid group) {
    if (group != base::Pid::None) {
        static_cast<void>(sys::kill_group(group, base::kSigKill));
        static_cast<void>(sys::kill(group, base::kSigKill));
    }
}

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
        // Forgotten, so that it cannot make the next run ready, had it just succeeded.
        kill_helper(std::exchange(process(command.service).probe, base::Pid::None));
        return;
    case core::Command::Kind::RunHook:
        run_hook(command.service);
        return;
    case core::Command::Kind::KillHook:
        kill_helper(std::exchange(process(command.service).hook, base::Pid::None));
        return;
    case core::Command::Kind::StartHealthProbe:
        start_health_probe(command.service, command.number == 1);
        return;
    case core::Command::Kind::StopHealthProbe:
        stop_health_probe(command.service, command.number == 1);
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
        listeners_.remove();
        exit_code_ = command.number;
        return;
    }
}

// A new leader's number is no other service's any more, whatever was known of it.
void Runtime::forget_elsewhere(core::ServiceId id) {
    const auto& process = this->process(id);
    for (auto& other : processes_) {
        if (process.tree.leader_lives() && &other != &process) {
            other.tree.forget(process.leader);
        }
    }
}

void Runtime::send(const core::Command& command) {
    forwarded_ += command.number == 1 ? 1 : 0;
    switch (command.scope) {
    case core::Scope::Main:
        signal_main(command.service, command.signal);
        return;
    case core::Scope::Group:
        signal_group(command.service, command.signal);
        return;
    case core::Scope::Tree:
        signal_tree(command.service, command.signal);
        return;
    }
}

void Runtime::signal_main(core::ServiceId id, const core::SignalInfo& signal) {
    const auto main = process(id).main;
    if (main == base::Pid::None) {
        return;
    }
    const auto result = signal.has_value ? sys::queue(main, signal.signal, signal.value)
                                         : sys::kill(main, signal.signal);
    warn_unless_gone(result, spec(id).name, signal.signal, log_);
}

void Runtime::signal_group(core::ServiceId id, const core::SignalInfo& signal) {
    const auto& process = this->process(id);
    if (process.leader == base::Pid::None) {
        return;
    }
    // Until the child has made its group there is only the child.
    auto result = sys::kill_group(process.leader, signal.signal);
    if (!result && process.tree.leader_lives()) {
        result = sys::kill(process.leader, signal.signal);
    }
    warn_unless_gone(result, spec(id).name, signal.signal, log_);
}

void Runtime::signal_tree(core::ServiceId id, const core::SignalInfo& signal) {
    auto& process = this->process(id);
    if (spec_.mode == core::Mode::Command) {
        signal_group(id, signal);
        return;
    }
    const auto members = process.tree.look(others(id));
    // Without it or a member in its session, the leader's number may be a stranger's.
    const auto has_number = [&](const auto& member) { return member.session == process.leader; };
    if (process.tree.leader_lives() || !sys::proc_is_available() ||
        std::ranges::any_of(members, has_number)) {
        signal_group(id, signal);
    }
    const bool is_kill = signal.signal == base::kSigKill;
    for (const auto& member : members) {
        if (!is_kill && member.group == process.leader) {
            continue;
        }
        const auto sent = sys::kill(member.pid, signal.signal);
        if (is_kill) {
            name_straggler(spec(id).name, member, sent);
        }
    }
}

void Runtime::signal_all(core::Signal signal) {
    const bool is_first = !std::exchange(drains_, true);
    std::size_t left_to_name = signal == base::kSigKill ? kMaxNamed : 0;
    log_pump_.end_input(now_, log_);
    if (signal == base::kSigKill) {
        log_pump_.give_up(log_);
    }
    if (settings_.is_init) {
        // No look that goes on while a fork bomb grows.
        static std::array<sys::ProcessInfo, kMaxNamed> stragglers;
        const auto count = list_others(std::span{stragglers}.first(left_to_name), log_pump_.pid());
        static_cast<void>(sys::kill_everything(signal));
        for (const auto& process : std::span{stragglers}.first(count)) {
            name_straggler({}, process, sys::kill(process.pid, base::Signal::None));
        }
        return;
    }
    if (is_first && !sys::proc_is_available() && sys::has_children()) {
        log_.warn(
            "without a /proc of this PID namespace what is left behind cannot be found; it stays");
    }
    static sys::DescendantScan scan{base::Pid::None};
    scan = sys::DescendantScan{sys::own_pid()};
    while (const auto process = scan.next()) {
        const auto sent = sys::kill(process->pid, signal);
        if (left_to_name > 0 && process->is_alive() && process->pid != log_pump_.pid()) {
            --left_to_name;
            name_straggler({}, *process, sent);
        }
    }
}

// `killed` is what a signal to it gave. Its being gone since is no failure: what KILL ended may
// have been reaped.
void Runtime::name_straggler(std::string_view service, const sys::ProcessInfo& process,
                             const base::Result<void>& killed) {
    const auto age = base::to_string(sys::age_of(process));
    if (!killed && killed.error().code != kNoSuchProcess) {
        log_.about(service, logging::Severity::Warn,
                   "cannot kill process {} ({}), {} old, which did not stop: {}",
                   base::raw(process.pid), process.name(), age.view(),
                   logging::error_text(killed.error().code));
        return;
    }
    log_.about(service, logging::Severity::Warn,
               "killed process {} ({}), {} old, which did not stop", base::raw(process.pid),
               process.name(), age.view());
}

// What `pidone why` tells of the end of a run, as far as it was our doing.
void Runtime::explain(const core::Report& report) {
    using Kind = core::Report::Kind;
    if (report.service == core::kNoService) {
        return;
    }
    auto& progress = process(report.service).progress;
    const bool stays_up = report.kind == Kind::Unhealthy &&
                          spec(report.service).health.action == core::HealthAction::None;
    if (const auto fault = fault_text(report); !fault.view().empty() && !stays_up) {
        progress.explain(fault, false);
    } else if (report.kind == Kind::SpawnFailed) {
        progress.fail({.error_number = report.number, .text = "cannot fork"});
    } else if (report.kind == Kind::Exited || report.kind == Kind::Done) {
        progress.end();
    }
}

void Runtime::report(const core::Report& report) {
    using Kind = core::Report::Kind;
    if (report.kind == Kind::ShutdownStarted) {
        // Before the first stop signal: who ends its listening from now on is not to be reached.
        listeners_.close();
    }
    const bool is_death = report.kind == Kind::Exited || report.kind == Kind::StartFailed;
    if (is_death && report.status.signal() == base::kSigKill) {
        const auto kills = oom_.read();
        process(report.service).death.oom_kills = kills && oom_kills_ ? *kills - *oom_kills_ : 0;
        oom_kills_ = kills;
    }
    explain(report);
    auto note = report.service == core::kNoService ? DeathNote{} : process(report.service).death;
    if (report.service != core::kNoService && process(report.service).main != base::Pid::None) {
        note.pid = process(report.service).main;
    }
    // The line that tells why is worth a short wait, once nothing is left that the wait could hold
    // up.
    if ((is_death && report.number >= 0) || report.kind == Kind::Exiting) {
        log_.drain(kLastLinePatience);
    }
    say(report, spec_, note, log_);
}

}  // namespace runtime
