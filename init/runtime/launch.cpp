// SPDX-License-Identifier: MIT
#include <cerrno>

#include "runtime/runtime.hpp"
#include "sys/session.hpp"
#include "sys/spawn.hpp"

// A service's child is a fork of PID 1, which has one thread; what happens in it is
// runtime/child.hpp's. The program of command mode is runtime/program.hpp's.
namespace runtime {
ChildContext Runtime::context_for(core::ServiceId id) const {
    const auto& process = processes_[core::index(id)];
    ChildContext context;
    if (process.notify.fd) {
        context.notify_socket = process.notify_address.data();
    }
    context.outputs = log_pump_.outputs(id);
    return context;
}

base::Result<void> Runtime::watch(Watched& watched, sys::UniqueFd fd, Source source,
                                  core::ServiceId id) {
    forget(watched);
    const auto token = loop_.add(fd.get(), static_cast<std::uint32_t>(source),
                                 static_cast<std::uint32_t>(core::index(id)));
    if (!token) {
        return base::unexpected{token.error()};
    }
    watched.token = *token;
    watched.fd = std::move(fd);
    return {};
}

base::Result<sys::Pipe> Runtime::open_pipe() {
    if (auto pipe = sys::pipe_cloexec(); pipe || pipe.error().code != EMFILE || !program_) {
        return pipe;
    }
    // The log can do without a descriptor of its own, a program without these two cannot start.
    log_.share_descriptor();
    return sys::pipe_cloexec();
}

base::Result<sys::UniqueFd> Runtime::watch_pipe(Watched& watched, Source source,
                                                core::ServiceId id) {
    auto pipe = open_pipe();
    if (!pipe) {
        return base::unexpected{pipe.error()};
    }
    static_cast<void>(sys::set_nonblocking(pipe->read.get(), true));
    if (const auto watching = watch(watched, std::move(pipe->read), source, id); !watching) {
        return base::unexpected{watching.error()};
    }
    return std::move(pipe->write);
}

void Runtime::forget(Watched& watched) {
    if (watched.fd) {
        loop_.remove(watched.token);
        watched.fd.reset();
    }
}

void Runtime::fail_spawn(core::ServiceId id, const base::Errno& error) {
    forget(process(id).status);
    forget(process(id).ready);
    queue_.push({.kind = core::Event::Kind::SpawnFailed, .service = id, .number = error.code});
}

// Nothing that the run before has said or left counts for the next one.
void Runtime::begin_run(core::ServiceId id) {
    auto& process = this->process(id);
    forget(process.status);
    forget(process.ready);
    if (process.notify.fd) {
        sys::discard_notify(process.notify.fd.get());
    }
    log_pump_.end_lines(id);
    process.next_probe.reset();
    process.reached_exec = false;
    process.progress.begin();
    process.tree_is_watched = false;
    process.refused_messages = 0;
    process.death = {};
    process.status_text = {};
}

void Runtime::spawn(core::ServiceId id) {
    auto& process = this->process(id);
    begin_run(id);
    const auto status = watch_pipe(process.status, Source::Status, id);
    if (!status) {
        fail_spawn(id, status.error());
        return;
    }
    sys::UniqueFd ready;
    if (spec(id).ready.kind == core::Readiness::Kind::Descriptor) {
        auto end = watch_pipe(process.ready, Source::Ready, id);
        if (!end) {
            fail_spawn(id, end.error());
            return;
        }
        ready = std::move(*end);
    }
    if (spec_.command.new_session) {
        job_.give_up_terminal();
    }
    const auto pid = program_ ? program_->start(job_.terminal(), status->get()) : sys::fork_child();
    if (!pid) {
        fail_spawn(id, pid.error());
        return;
    }
    if (*pid == base::Pid::None) {
        auto context = context_for(id);
        context.status_fd = status->get();
        context.ready_fd = ready.get();
        context.sockets = listeners_.of(id);
        run_child(spec(id), context);
    }
    if (program_ && !spec_.command.new_session) {
        // From both sides, so that the group exists whoever runs first.
        static_cast<void>(sys::set_group(*pid, *pid));
    }
    process.leader = process.main = *pid;
    process.tree.begin(*pid);
    queue_.push({.kind = core::Event::Kind::Spawned, .service = id, .pid = *pid});
}

void Runtime::start_probe(core::ServiceId id) {
    const auto pid = sys::fork_child();
    if (!pid) {
        log_.about(spec(id).name, logging::Severity::Error, "cannot fork the readiness probe: {}",
                   logging::error_text(pid.error().code));
        process(id).next_probe = now_ + kProbePause;
        return;
    }
    if (*pid == base::Pid::None) {
        run_ready_probe(spec(id), context_for(id));
    }
    static_cast<void>(sys::set_group(*pid, *pid));
    process(id).probe = *pid;
}

void Runtime::start_health_probe(core::ServiceId id, bool counts) {
    auto& process = this->process(id);
    // Never two at once, whatever became of the one before.
    kill_helper(process.health);
    const auto pid = sys::fork_child();
    if (!pid) {
        log_.about(spec(id).name, logging::Severity::Error, "cannot fork the health probe: {}",
                   logging::error_text(pid.error().code));
        process.health = base::Pid::None;
        queue_.push({.kind = core::Event::Kind::HealthProbed,
                     .service = id,
                     .status = core::ExitStatus::exited(base::kExitSystem)});
        return;
    }
    if (*pid == base::Pid::None) {
        auto context = context_for(id);
        context.tells_failure = counts;
        run_health_probe(spec(id), context);
    }
    static_cast<void>(sys::set_group(*pid, *pid));
    process.health = *pid;
}

// Its end follows, and is the event. Killed, it cannot tell why itself.
void Runtime::stop_health_probe(core::ServiceId id, bool counts) {
    if (counts) {
        log_.about(spec(id).name, logging::Severity::Info, "health probe: no answer within {}",
                   base::to_string(spec(id).health.timeout).view());
    }
    kill_helper(process(id).health);
}

// A service whose probe is lost would stay in its start for ever.
void Runtime::restart_probes(core::Instant now) {
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        const core::ServiceId id{static_cast<std::uint16_t>(i)};
        auto& next = processes_[i].next_probe;
        if (!next || now < *next) {
            continue;
        }
        next.reset();
        if (supervisor_.service(id).state == core::State::Starting) {
            start_probe(id);
        }
    }
}

void Runtime::run_hook(core::ServiceId id) {
    const auto pid = sys::fork_child();
    if (!pid) {
        queue_.push({.kind = core::Event::Kind::HookExited,
                     .service = id,
                     .status = core::ExitStatus::exited(base::kExitSystem)});
        return;
    }
    if (*pid == base::Pid::None) {
        ::runtime::run_hook(spec(id), context_for(id));
    }
    static_cast<void>(sys::set_group(*pid, *pid));
    process(id).hook = *pid;
}

}  // namespace runtime
