// SPDX-License-Identifier: MIT
#include <algorithm>

#include "world.hpp"

// The fake kernel: what becomes of the supervisor's commands.
namespace sim {

void World::obey(const core::Command& command) {
    switch (command.kind) {
    case core::Command::Kind::Spawn:
        return spawn(command.service);
    case core::Command::Kind::StartProbe: {
        add_process({.role = Process::Role::Probe, .service = command.service});
        const std::optional<Duration>& ready = behaviour(command.service).ready;
        if (ready) {
            tell_run_later(*ready, {.kind = core::Event::Kind::Ready, .service = command.service});
        }
        return;
    }
    case core::Command::Kind::StopProbe:
        return kill_role(command.service, Process::Role::Probe);
    case core::Command::Kind::RunHook:
        return run_hook(command.service);
    case core::Command::Kind::KillHook:
        return kill_role(command.service, Process::Role::Hook);
    case core::Command::Kind::StartHealthProbe:
        return run_health_probe(command.service);
    case core::Command::Kind::StopHealthProbe:
        return kill_role(command.service, Process::Role::HealthProbe);
    case core::Command::Kind::Signal:
        return signal(command);
    case core::Command::Kind::WatchTree:
        known(command.service).is_watched = true;
        return tell_if_empty(command.service);
    case core::Command::Kind::SignalAll:
        return signal_all(command.signal.signal);
    case core::Command::Kind::Linger:
        return later(random_.time(0, static_cast<int>(command.duration.count())),
                     {.kind = Happening::Kind::LingerEnds});
    case core::Command::Kind::Report:
        return;
    case core::Command::Kind::Exit:
        exit_code_ = command.number;
        return;
    }
}

void World::spawn(ServiceId id) {
    Lasting lasting = known(id).lasting;
    lasting.run += known(id).was_spawned ? 1 : 0;
    known(id) = Known{};
    known(id).was_spawned = true;
    known(id).lasting = lasting;
    facts_.push_back({.kind = Fact::Kind::Started, .service = id});
    const Behaviour& behaviour = this->behaviour(id);
    if (behaviour.fork_fails) {
        return tell_later(Duration{0},
                          {.kind = core::Event::Kind::SpawnFailed, .service = id, .number = 11});
    }
    // Until its exec the child has the default dispositions.
    Manners manners;
    manners.is_stuck = behaviour.manners.is_stuck;
    manners.delay = random_.time(0, 20);
    if (behaviour.manners.answer && behaviour.set_up_failure) {
        manners.answer = behaviour.set_up_failure;
    }
    const int process =
        add_process({.role = Process::Role::Main, .service = id, .manners = manners});
    known(id).main = process;
    tell_later(Duration{0}, {.kind = core::Event::Kind::Spawned,
                             .service = id,
                             .pid = static_cast<base::Pid>(process + 2)});
    if (behaviour.set_up) {
        later(*behaviour.set_up,
              {.kind = Happening::Kind::SetUpEnds, .event = {.service = id}, .process = process});
    }
}

void World::end_set_up(ServiceId id, int process) {
    const Process& child = processes_[static_cast<std::size_t>(process)];
    if (!child.is_alive || child.is_asked) {
        return;
    }
    const Behaviour& behaviour = this->behaviour(id);
    if (!behaviour.set_up_failure) {
        return execute(id);
    }
    if (behaviour.says_why) {
        tell({.kind = core::Event::Kind::StartFailed, .service = id});
    }
    later(Duration{0},
          {.kind = Happening::Kind::Die, .process = process, .status = *behaviour.set_up_failure});
}

void World::execute(ServiceId id) {
    const Behaviour& behaviour = this->behaviour(id);
    const int main = known(id).main;
    processes_[static_cast<std::size_t>(main)].manners = behaviour.manners;
    using Kind = core::Readiness::Kind;
    const bool tells_itself =
        spec(id).ready.kind == Kind::Notify || spec(id).ready.kind == Kind::Descriptor;
    if (is_service_mode() && behaviour.ready && tells_itself) {
        const core::Event ready{.kind = core::Event::Kind::Ready, .service = id};
        // The notification may overtake the end of the exec pipe.
        *behaviour.ready == Duration{0} && known(id).asked == Signal::None
            ? tell(ready)
            : tell_run_later(*behaviour.ready, ready);
    }
    if (behaviour.life) {
        later(*behaviour.life,
              {.kind = Happening::Kind::Die, .process = main, .status = behaviour.end});
    }
    for (const Manners& manners : behaviour.leftovers) {
        add_process({.role = Process::Role::Leftover, .service = id, .manners = manners});
    }
    for (const Manners& manners : behaviour.strays) {
        add_process({.role = Process::Role::Stray, .service = id, .manners = manners});
    }
    if (behaviour.extends_at && is_service_mode()) {
        tell_run_later(*behaviour.extends_at, {.kind = core::Event::Kind::TimeExtended,
                                               .service = id,
                                               .duration = behaviour.extends_by});
    }
    if (behaviour.new_main_at && is_service_mode()) {
        tell_run_later(*behaviour.new_main_at,
                       {.kind = core::Event::Kind::MainPidChanged, .service = id});
    }
    if (spec(id).watchdog && behaviour.feeds) {
        feed(id, behaviour.feeds_until ? now_ + *behaviour.feeds_until : Instant::max());
    }
    if (spec(id).watchdog && behaviour.bites_at) {
        tell_run_later(*behaviour.bites_at,
                       {.kind = core::Event::Kind::WatchdogFailed, .service = id});
    }
    // Never after its death: the runtime reads the pipe before it reaps.
    tell({.kind = core::Event::Kind::Executed, .service = id});
}

int World::add_process(Process process) {
    processes_.push_back(process);
    return static_cast<int>(processes_.size()) - 1;
}

void World::die(int process, const ExitStatus& status) {
    Process& dead = processes_[static_cast<std::size_t>(process)];
    if (!dead.is_alive) {
        return;
    }
    dead.is_alive = false;
    dead.status = status;
    later(random_.percent(80) ? Duration{0} : random_.time(1, 3),
          {.kind = Happening::Kind::Reap, .process = process});
    const bool is_of_tree =
        dead.role == Process::Role::Main || dead.role == Process::Role::Leftover;
    if (is_of_tree && dead.service != core::kNoService) {
        tell_if_empty(dead.service);
    }
}

void World::reap(int process) {
    Process& dead = processes_[static_cast<std::size_t>(process)];
    if (dead.is_reaped) {
        return violate("each pid is reaped once", std::to_string(process));
    }
    dead.is_reaped = true;
    if (dead.service == core::kNoService) {
        return has_children() ? void() : tell({.kind = core::Event::Kind::ChildrenGone});
    }
    const ServiceId id = dead.service;
    const ExitStatus status = dead.status;
    const Process::Role role = dead.role;
    if (role == Process::Role::Main && known(id).main == process) {
        known(id).main = -1;
        if (!is_service_mode() && !has_children()) {
            // Known before the end is told, so that nobody has to look for leftovers.
            tell({.kind = core::Event::Kind::ChildrenGone});
        }
        tell({.kind = core::Event::Kind::MainExited, .service = id, .status = status});
    } else if (role == Process::Role::Hook) {
        tell({.kind = core::Event::Kind::HookExited, .service = id, .status = status});
    } else if (role == Process::Role::HealthProbe) {
        tell({.kind = core::Event::Kind::HealthProbed, .service = id, .status = status});
    }
    if (!has_children()) {
        tell({.kind = core::Event::Kind::ChildrenGone});
    }
}

void World::deliver(int process, Signal signal) {
    Process& target = processes_[static_cast<std::size_t>(process)];
    if (!target.is_alive || target.manners.is_stuck) {
        return;
    }
    if (signal == base::kSigKill) {
        return later(random_.time(0, 3), {.kind = Happening::Kind::Die,
                                          .process = process,
                                          .status = ExitStatus::killed(base::kSigKill)});
    }
    const bool asks_to_end =
        signal == base::kSigTerm || signal == base::kSigInt || signal == base::kSigQuit;
    if (!asks_to_end || target.is_asked || target.manners.ignores) {
        return;
    }
    target.is_asked = true;
    later(target.manners.delay,
          {.kind = Happening::Kind::Die,
           .process = process,
           .status = target.manners.answer.value_or(ExitStatus::killed(signal))});
}

void World::signal(const core::Command& command) {
    const ServiceId id = command.service;
    if (command.signal.signal == base::kSigKill) {
        known(id).was_killed = true;
        known(id).killed_at = known(id).killed_at.value_or(now_);
    }
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        const Process& process = processes_[i];
        const bool is_main = static_cast<int>(i) == known(id).main;
        const bool is_member = process.service == id && (process.role == Process::Role::Main ||
                                                         process.role == Process::Role::Leftover);
        if (command.scope == Scope::Main ? is_main : is_member) {
            deliver(static_cast<int>(i), command.signal.signal);
        }
    }
}

void World::signal_all(Signal signal) {
    if (signal == base::kSigKill) {
        all_killed_at_ = all_killed_at_.value_or(now_);
    }
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        deliver(static_cast<int>(i), signal);
    }
    if (!has_children()) {
        tell_later(Duration{0}, {.kind = core::Event::Kind::ChildrenGone});
    }
}

void World::kill_role(ServiceId id, Process::Role role) {
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        if (processes_[i].service == id && processes_[i].role == role) {
            deliver(static_cast<int>(i), base::kSigKill);
        }
    }
}

void World::run_hook(ServiceId id) {
    const Behaviour& behaviour = this->behaviour(id);
    const int hook = add_process({.role = Process::Role::Hook, .service = id});
    if (behaviour.hook) {
        later(*behaviour.hook, {.kind = Happening::Kind::Die,
                                .process = hook,
                                .status = ExitStatus::exited(behaviour.hook_code)});
    }
}

void World::run_health_probe(ServiceId id) {
    const Behaviour& behaviour = this->behaviour(id);
    Manners manners;
    manners.is_stuck = random_.percent(1);
    const int probe =
        add_process({.role = Process::Role::HealthProbe, .service = id, .manners = manners});
    if (behaviour.probe) {
        const int code = random_.percent(behaviour.probe_failures) ? 1 : 0;
        later(*behaviour.probe,
              {.kind = Happening::Kind::Die, .process = probe, .status = ExitStatus::exited(code)});
    }
}

/// WATCHDOG=1 as long as the service cares.
void World::feed(ServiceId id, Instant until) {
    const Duration each = *behaviour(id).feeds;
    for (Instant at = now_ + each; at < until && at < now_ + Duration{20'000}; at += each) {
        tell_run_later(at - now_, {.kind = core::Event::Kind::WatchdogFed, .service = id});
    }
}

/// MAINPID=: a child takes over and the process that was main ends.
void World::hand_over_main(ServiceId id) {
    const int old = known(id).main;
    if (old < 0 || !processes_[static_cast<std::size_t>(old)].is_alive) {
        return;
    }
    Process& process = processes_[static_cast<std::size_t>(old)];
    const int heir =
        add_process({.role = Process::Role::Main, .service = id, .manners = process.manners});
    processes_[static_cast<std::size_t>(old)].role = Process::Role::Leftover;
    known(id).main = heir;
    tell({.kind = core::Event::Kind::MainPidChanged,
          .service = id,
          .pid = static_cast<base::Pid>(heir + 2)});
    later(Duration{1},
          {.kind = Happening::Kind::Die, .process = old, .status = ExitStatus::exited(0)});
    const std::optional<Duration>& life = behaviour(id).life;
    if (life) {
        later(*life, {.kind = Happening::Kind::Die, .process = heir, .status = behaviour(id).end});
    }
}

void World::tell_if_empty(ServiceId id) {
    if (known(id).is_watched && !is_tree_alive(id)) {
        known(id).is_watched = false;
        tell_run_later(random_.percent(80) ? Duration{0} : random_.time(1, 3),
                       {.kind = core::Event::Kind::TreeEmpty, .service = id});
    }
}

bool World::is_tree_alive(ServiceId id) const {
    return std::any_of(processes_.begin(), processes_.end(), [id](const Process& process) {
        return process.service == id && process.is_alive &&
               (process.role == Process::Role::Main || process.role == Process::Role::Leftover);
    });
}

bool World::has_children() const {
    return std::any_of(processes_.begin(), processes_.end(),
                       [](const Process& process) { return !process.is_reaped; });
}

}  // namespace sim
