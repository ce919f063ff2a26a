// SPDX-License-Identifier: MIT
#include "runtime/runtime.hpp"

#include <algorithm>

#include "runtime/child_error.hpp"
#include "sys/clock.hpp"
#include "sys/environment.hpp"
#include "sys/random.hpp"

namespace runtime {
namespace {

// Processes that left their service's groups end without a signal to us when their parent lives, so
// while a tree is watched it is looked at this often.
constexpr base::Duration kLookInterval{50};

// A wait that ends so much too late tells of a machine that stood still, not of a busy one.
constexpr base::Duration kOverslept{1000};

std::string_view upward_message(core::Health health) {
    switch (health) {
    case core::Health::Starting:
        return "STATUS=starting";
    case core::Health::Healthy:
        return "READY=1\nSTATUS=healthy";
    case core::Health::Unhealthy:
        return "STATUS=unhealthy";
    case core::Health::Stopping:
        return "STOPPING=1\nSTATUS=stopping";
    }
    return "STATUS=unknown";
}

template <class T>
void keep_earlier(std::optional<T>& earliest, const std::optional<T>& candidate) {
    if (candidate && (!earliest || *candidate < *earliest)) {
        earliest = candidate;
    }
}

}  // namespace

base::Result<std::unique_ptr<Runtime>> Runtime::create(core::Spec spec, const Settings& settings,
                                                       logging::Logger& log) {
    auto loop = sys::Loop::create(slots_for(spec));
    if (!loop) {
        return base::unexpected{loop.error()};
    }
    auto signals = sys::open_signal_fd();
    if (!signals) {
        return base::unexpected{signals.error()};
    }
    const int signal_fd = signals->get();
    auto runtime = std::unique_ptr<Runtime>{
        new Runtime{std::move(spec), settings, log, std::move(*loop), std::move(*signals)}};
    const auto added =
        runtime->loop_.add(signal_fd, static_cast<std::uint32_t>(Source::Signals), 0);
    if (!added) {
        return base::unexpected{added.error()};
    }
    if (const auto opened = runtime->log_pump_.open(runtime->spec_); !opened) {
        return base::unexpected{opened.error()};
    }
    for (std::size_t i = 0; i < runtime->processes_.size(); ++i) {
        if (!has_notify_socket(runtime->spec_.services[i])) {
            continue;
        }
        auto socket = sys::open_notify_socket();
        if (!socket) {
            return base::unexpected{socket.error()};
        }
        auto& process = runtime->processes_[i];
        process.notify_address = socket->address;
        const auto watching = runtime->watch(process.notify, std::move(socket->fd), Source::Notify,
                                             core::ServiceId(i));
        if (!watching) {
            return base::unexpected{watching.error()};
        }
    }
    return runtime;
}

Runtime::Runtime(core::Spec spec, const Settings& settings, logging::Logger& log, sys::Loop loop,
                 sys::UniqueFd signals)
    : spec_{std::move(spec)},
      settings_{settings},
      log_{log},
      supervisor_{spec_, sys::random_seed()},
      queue_{spec_.services.size()},
      loop_{std::move(loop)},
      signals_{std::move(signals)},
      job_{spec_.mode, spec_.command, settings.is_init} {
    processes_.reserve(spec_.services.size());
    for (const auto& service : spec_.services) {
        processes_.emplace_back(service.name);
    }
    others_.reserve(spec_.services.size() * 4);
    set_line_format(log.format());
    views_.resize(spec_.services.size());
    parts_.resize(spec_.services.size());
    if (spec_.mode == core::Mode::Command && !spec_.command.is_pause) {
        program_.emplace(spec_.services.front(), spec_.command, settings.sigchld_was_ignored,
                         settings.closed_standard);
    }
}

bool Runtime::was_had(const Prepared& prepared) {
    if (!prepared) {
        const auto& [service, text] = prepared.error();
        if (service.empty()) {
            log_.error("{}", text);
        } else {
            log_.about(service, logging::Severity::Error, "{}", text);
        }
    }
    return prepared.has_value();
}

bool Runtime::load_schedules() {
    if (!was_had(scheduler_.load(spec_))) {
        return false;
    }
    watch_schedule();
    return scheduler_.fd() < 0 || schedule_.is_set();
}

int Runtime::run() {
    now_ = started_at_ = sys::now();
    if (spec_.mode == core::Mode::Service) {
        watch_memory();
        if (!sys::proc_is_available()) {
            log_.warn(
                "no /proc here: a process that leaves its service's group is not found at a stop");
        }
    }
    queue_.push({.kind = core::Event::Kind::Boot});
    scheduler_.look(now_, queue_, log_);
    pump();
    open_control();
    start_log_pump();
    check_drained();
    while (!exit_code_) {
        turn();
    }
    return *exit_code_;
}

// Upwards (podman's sdnotify, systemd): the container as one service, sd_notify(3).
void Runtime::tell_manager() {
    const auto health = supervisor_.health();
    if (spec_.mode == core::Mode::Command || told_health_ == health) {
        return;
    }
    told_health_ = health;
    if (const auto address = sys::get_variable("NOTIFY_SOCKET")) {
        static_cast<void>(sys::send_notify(*address, upward_message(health)));
    }
}

// In command mode behind the execve, and only where the cgroup is the container's.
void Runtime::watch_memory() {
    if (spec_.mode == core::Mode::Service || settings_.is_init) {
        oom_ = sys::OomCounter::open();
        oom_kills_ = oom_.read();
    }
}

// Behind the first fork, so that the program does not wait for it.
void Runtime::open_control() {
    if (!settings_.serves_control) {
        return;
    }
    auto server = control::Server::open(spec_.control, spec_.services.size());
    if (!server) {
        log_.warn("no control socket at '{}': {}; health and status cannot be asked for",
                  spec_.control, logging::error_text(server.error().code));
        return;
    }
    control_ = std::move(*server);
    if (control_->listen_fd() >= 0) {
        static_cast<void>(
            loop_.add(control_->listen_fd(), static_cast<std::uint32_t>(Source::Control), 0));
    }
}

// Behind the first fork too: until it comes, the pipes hold what services write.
void Runtime::start_log_pump() {
    const auto name = control_ ? control_->name() : std::string_view{};
    if (const auto served = log_pump_.serve(name); !served) {
        log_.warn("'pidone logs' will not work, because its socket cannot be made: {}",
                  logging::error_text(served.error().code));
    }
    log_pump_.start(now_, log_);
}

void Runtime::turn() {
    const auto begin = sys::now();
    const auto asked = timeout(begin);
    const auto ready = loop_.wait(asked);
    now_ = sys::now();
    if (loop_.was_interrupted() || (asked && now_ - begin > *asked + kOverslept)) {
        queue_.push({.kind = core::Event::Kind::Paused, .duration = now_ - begin});
        if (control_) {
            control_->on_pause();
        }
    }
    if (ready) {
        for (const auto& entry : *ready) {
            if (entry.events != 0) {
                handle(entry);
            }
        }
    }
    on_time(now_);
    pump();
    advance_reload();
    check_drained();
}

// After the commands, which may just have begun to drain: without a child nothing would wake us.
void Runtime::check_drained() {
    if (drains_ && !sys::has_children()) {
        drains_ = false;
        queue_.push({.kind = core::Event::Kind::ChildrenGone});
        pump();
    }
}

void Runtime::handle(const sys::Ready& ready) {
    const core::ServiceId id{static_cast<std::uint16_t>(ready.index)};
    switch (Source{ready.kind}) {
    case Source::Signals:
        on_signals();
        return;
    case Source::Status:
        on_status(id);
        return;
    case Source::Ready:
        on_ready_pipe(id);
        return;
    case Source::Notify:
        on_notify(id);
        return;
    case Source::Control:
        on_control();
        return;
    case Source::Client:
        on_client(ready.index);
        return;
    case Source::Schedule:
        scheduler_.look(now_, queue_, log_);
        return;
    }
}

// Not recursive: a command's answer waits in the queue until all commands of its step are executed.
void Runtime::pump() {
    if (is_pumping_) {
        return;
    }
    is_pumping_ = true;
    while (!queue_.is_empty() && !exit_code_) {
        const auto event = queue_.take();
        ServiceTree::expire_looks();
        for (const auto& command : supervisor_.step(event, now_)) {
            execute(command);
        }
    }
    is_pumping_ = false;
    tell_manager();
    if (control_ && control_->has_waiting()) {
        control_->on_change(snapshot(), now_);
    }
}

std::optional<core::Duration> Runtime::timeout(core::Instant now) const {
    auto earliest = supervisor_.next_deadline();
    keep_earlier(earliest, linger_.next_look());
    keep_earlier(earliest, log_pump_.next_step());
    if (control_) {
        keep_earlier(earliest, control_->next_deadline());
    }
    if (any_tree_is_watched()) {
        keep_earlier(earliest, std::optional{next_look_});
    }
    for (const auto& process : processes_) {
        keep_earlier(earliest, process.next_probe);
    }
    if (!earliest) {
        return std::nullopt;
    }
    return std::max(*earliest - now, core::Duration::zero());
}

void Runtime::on_time(core::Instant now) {
    if (any_tree_is_watched() && now >= next_look_) {
        check_trees();
    }
    if (linger_.next_look() && now >= *linger_.next_look() && linger_.is_over(now)) {
        queue_.push({.kind = core::Event::Kind::LingerDone});
    }
    restart_probes(now);
    log_pump_.on_time(now, log_);
    const auto deadline = supervisor_.next_deadline();
    if (deadline && now >= *deadline) {
        queue_.push({.kind = core::Event::Kind::Tick});
    }
    if (control_ && control_->next_deadline() && now >= *control_->next_deadline()) {
        control_->on_tick(snapshot(), now);
    }
}

bool Runtime::any_tree_is_watched() const {
    return std::ranges::any_of(processes_, &ServiceProcess::tree_is_watched);
}

void Runtime::check_trees() {
    ServiceTree::expire_looks();
    for (std::size_t i = 0; i < processes_.size(); ++i) {
        if (!processes_[i].tree_is_watched) {
            continue;
        }
        // The supervisor gives up what not even KILL ends; nobody asks for it any more.
        const bool is_given_up =
            supervisor_.service(core::ServiceId(i)).state != core::State::Leaving;
        if (is_given_up || processes_[i].tree.is_empty(others(core::ServiceId(i)))) {
            processes_[i].tree_is_watched = false;
            // From here on its ids may be anybody's.
            processes_[i].leader = base::Pid::None;
            processes_[i].tree.begin(base::Pid::None);
            queue_.push({.kind = core::Event::Kind::TreeEmpty, .service = core::ServiceId(i)});
        }
    }
    next_look_ = now_ + kLookInterval;
}

// Who is no process of `id`, nor is anybody in its group: probes, hooks, and the other leaders.
std::span<const base::Pid> Runtime::others(core::ServiceId id) {
    others_.clear();
    for (const auto& process : processes_) {
        const bool is_other = &process != &processes_[core::index(id)];
        const auto leader =
            is_other && process.tree.leader_lives() ? process.leader : base::Pid::None;
        for (const auto pid : {process.probe, process.hook, process.health, leader}) {
            if (pid != base::Pid::None) {
                others_.push_back(pid);
            }
        }
    }
    return others_;
}

}  // namespace runtime
