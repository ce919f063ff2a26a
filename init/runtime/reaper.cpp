// SPDX-License-Identifier: MIT
#include "runtime/runtime.hpp"
#include "sys/process_table.hpp"

namespace runtime {

using core::Event;
using core::ServiceId;

void Runtime::on_signals() {
    // Somebody who sends without end must not keep us from the dead and the deadlines: the rest is
    // read in the next turn.
    constexpr int kMaxSignals = 256;
    bool has_dead = false;
    for (int count = 0;; ++count) {
        if (count == kMaxSignals) {
            has_dead = true;
            break;
        }
        const auto received = sys::read_signal(signals_.get());
        if (!received || !*received) {
            break;
        }
        const auto& signal = **received;
        if (signal.signal == base::kSigChld) {
            has_dead = true;
        } else if (signal.signal == base::kSigHup && spec_.reloads_on_hup) {
            on_reload_signal();
        } else if (!job_.swallows(signal.signal)) {
            queue_.push({.kind = Event::Kind::SignalReceived,
                         .signal = {signal.signal, signal.has_value, signal.value}});
            pump();
        }
    }
    // Coalesced SIGCHLDs lose nothing: one means "look", not "one child".
    if (has_dead) {
        reap_children();
    }
}

void Runtime::reap_children() {
    const auto watch = spec_.mode == core::Mode::Command ? job_.watch() : sys::Watch::Ends;
    while (const auto child = sys::peek_child(watch)) {
        if (child->kind == sys::Exited::Kind::Ended) {
            bury(*child);
            continue;
        }
        sys::take_stop(child->pid);
        if (child->kind == sys::Exited::Kind::Stopped && !processes_.empty() &&
            child->pid == processes_.front().main) {
            job_.follow_stop(child->pid, child->stop_signal);
        }
    }
    if (any_tree_is_watched()) {
        check_trees();
    }
}

void Runtime::bury(const sys::Exited& child) {
    if (spec_.mode == core::Mode::Command) {
        // Here nothing is sent to a group afterwards, and to know at once that nobody is left saves
        // the look for leftovers.
        sys::reap(child.pid);
        on_death(child);
    } else {
        // While it is a zombie its id is reserved, so what the supervisor sends to its group now
        // cannot hit a stranger.
        on_death(child);
        sys::reap(child.pid);
    }
    for (auto& process : processes_) {
        if (process.leader == child.pid) {
            process.tree.lose_leader();
        }
    }
}

void Runtime::on_death(const sys::Exited& child) {
    if (log_pump_.on_death(child, now_, log_) || on_loader_death(child)) {
        return;
    }
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        const ServiceId id{static_cast<std::uint16_t>(i)};
        auto& process = processes_[i];
        const bool is_leader = process.tree.leader_lives() && child.pid == process.leader;
        if (child.pid == process.main || is_leader) {
            on_main_death(id, child);
            return;
        }
        if (on_helper_death(id, child)) {
            return;
        }
    }
    ++reaped_;
    if (spec_.command.warns_on_reap) {
        log_.warn("reaped zombie process {}", base::raw(child.pid));
    } else {
        log_.debug("reaped orphan {}", base::raw(child.pid));
    }
}

// Whether it was a probe or a hook of `id`. What it started goes with it, while its number is
// reserved for its group.
bool Runtime::on_helper_death(ServiceId id, const sys::Exited& child) {
    auto& process = this->process(id);
    if (child.pid == process.probe) {
        process.probe = base::Pid::None;
        if (child.status == core::ExitStatus::exited(0)) {
            queue_.push({.kind = Event::Kind::Ready, .service = id});
        } else if (supervisor_.service(id).state == core::State::Starting) {
            process.next_probe = now_ + kProbePause;
        }
    } else if (child.pid == process.hook) {
        process.hook = base::Pid::None;
        queue_.push({.kind = Event::Kind::HookExited, .service = id, .status = child.status});
    } else if (child.pid == process.health) {
        process.health = base::Pid::None;
        static_cast<void>(sys::kill_group(child.pid, base::kSigKill));
        queue_.push({.kind = Event::Kind::HealthProbed, .service = id, .status = child.status});
    } else {
        return false;
    }
    pump();
    return true;
}

void Runtime::on_main_death(ServiceId id, const sys::Exited& child) {
    auto& process = this->process(id);
    const bool handed_over = process.main != process.leader && child.pid == process.leader;
    // By its session, because a main process that the leader reaped has left a free id behind.
    const auto successor = handed_over ? sys::read_process(process.main) : std::nullopt;
    if (successor && successor->session == process.leader) {
        // MAINPID= named another process of the session, which lives on and is our child now.
        return;
    }
    // What it said last comes before its end.
    if (process.status.fd) {
        on_status(id);
    }
    if (process.notify.fd) {
        on_notify(id);
    }
    if (process.ready.fd) {
        on_ready_pipe(id);
    }
    // Without a word from the set-up, an exit code can only be the program's own: its execve and
    // its end came together.
    if (process.status.fd && !child.status.was_killed()) {
        queue_.push({.kind = Event::Kind::Executed, .service = id});
    }
    forget(process.status);
    forget(process.ready);
    process.main = base::Pid::None;
    process.death.pid = child.pid;
    if (spec_.mode == core::Mode::Command) {
        job_.take_back();
        if (!sys::has_children()) {
            queue_.push({.kind = Event::Kind::ChildrenGone});
        }
    }
    queue_.push(
        {.kind = Event::Kind::MainExited, .service = id, .pid = child.pid, .status = child.status});
    pump();
}

}  // namespace runtime
