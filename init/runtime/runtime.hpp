// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/server.hpp"
#include "core/supervisor.hpp"
#include "log/log.hpp"
#include "runtime/child.hpp"
#include "runtime/event_queue.hpp"
#include "runtime/job_control.hpp"
#include "runtime/linger.hpp"
#include "runtime/listeners.hpp"
#include "runtime/log_pump.hpp"
#include "runtime/program.hpp"
#include "runtime/reload.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/service_process.hpp"
#include "sys/cgroup.hpp"
#include "sys/loop.hpp"
#include "sys/reap.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"

namespace runtime {

/// What a run needs to know beside its Spec.
struct Settings {
    bool is_init = false;              ///< we are PID 1
    bool serves_control = false;       ///< open the control socket
    bool sigchld_was_ignored = false;  ///< to be handed on in command mode
    std::array<bool, 3>
        closed_standard{};  ///< which of 0, 1, 2 came closed; handed on closed in command mode
    const SpecLoader* loader = nullptr;  ///< what a reload reads with; null: there is none
};

/// PID 1 at work: turns what the kernel tells into Events and the supervisor's Commands into system
/// calls. Owns every descriptor. One thread; it sleeps only in epoll_wait, until the earliest
/// deadline there is. After create() nothing on its path allocates, a reload aside.
class Runtime {
  public:
    /// Takes what the run needs from the kernel; the error is the call that failed. `log` must
    /// outlive the runtime.
    [[nodiscard]] static base::Result<std::unique_ptr<Runtime>> create(core::Spec spec,
                                                                       const Settings& settings,
                                                                       logging::Logger& log);

    /// Opens the sockets of `listen`; false when one cannot be had, which was said. Before run().
    [[nodiscard]] bool open_sockets() { return was_had(listeners_.open(spec_)); }

    /// Reads the time zones of `schedule`; false when one cannot be had, which was said. Before
    /// run().
    [[nodiscard]] bool load_schedules();

    /// Runs until the container ends; returns its exit code.
    [[nodiscard]] int run();

  private:
    /// What a descriptor in the loop is; the index beside it is the service, or the client's slot.
    enum class Source : std::uint32_t { Signals, Status, Ready, Notify, Control, Client, Schedule };

    Runtime(core::Spec spec, const Settings& settings, logging::Logger& log, sys::Loop loop,
            sys::UniqueFd signals);

    // runtime.cpp: the loop.
    [[nodiscard]] bool was_had(const Prepared& prepared);
    void turn();
    void check_drained();
    void handle(const sys::Ready& ready);
    void pump();
    void tell_manager();
    void open_control();
    void start_log_pump();
    void watch_memory();
    [[nodiscard]] std::optional<core::Duration> timeout(core::Instant now) const;
    void on_time(core::Instant now);

    // execute.cpp: commands into system calls.
    void execute(const core::Command& command);
    void forget_elsewhere(core::ServiceId id);
    void send(const core::Command& command);
    void signal_main(core::ServiceId id, const core::SignalInfo& signal);
    void signal_group(core::ServiceId id, const core::SignalInfo& signal);
    void signal_tree(core::ServiceId id, const core::SignalInfo& signal);
    void signal_all(core::Signal signal);
    void report(const core::Report& report);
    void explain(const core::Report& report);
    void name_straggler(std::string_view service, const sys::ProcessInfo& process,
                        const base::Result<void>& killed);

    // launch.cpp: fork.
    void spawn(core::ServiceId id);
    void begin_run(core::ServiceId id);
    void start_probe(core::ServiceId id);
    void start_health_probe(core::ServiceId id, bool counts);
    void stop_health_probe(core::ServiceId id, bool counts);
    void restart_probes(core::Instant now);
    void run_hook(core::ServiceId id);
    [[nodiscard]] ChildContext context_for(core::ServiceId id) const;
    [[nodiscard]] base::Result<void> watch(Watched& watched, sys::UniqueFd fd, Source source,
                                           core::ServiceId id);
    [[nodiscard]] base::Result<sys::Pipe> open_pipe();
    [[nodiscard]] base::Result<sys::UniqueFd> watch_pipe(Watched& watched, Source source,
                                                         core::ServiceId id);
    void fail_spawn(core::ServiceId id, const base::Errno& error);
    void forget(Watched& watched);

    // reaper.cpp: the one reaper.
    void on_signals();
    void reap_children();
    void bury(const sys::Exited& child);
    void on_death(const sys::Exited& child);
    [[nodiscard]] bool on_helper_death(core::ServiceId id, const sys::Exited& child);
    void on_main_death(core::ServiceId id, const sys::Exited& child);
    void check_trees();
    [[nodiscard]] bool any_tree_is_watched() const;

    // inputs.cpp: what services say.
    void on_status(core::ServiceId id);
    void on_program_status(core::ServiceId id);
    void say_failure(core::ServiceId id, const StartFailure& failure);
    void on_ready_pipe(core::ServiceId id);
    void warn_of_closed_ready_pipe(core::ServiceId id);
    void on_notify(core::ServiceId id);
    void refuse(core::ServiceId id, base::Pid sender, std::string_view reason);
    void take_message(core::ServiceId id, const sys::NotifyReceipt& receipt);
    [[nodiscard]] std::string_view refusal_of(core::ServiceId id, base::Pid sender) const;

    // answers.cpp: the control socket.
    void on_control();
    void on_client(std::size_t slot);
    [[nodiscard]] control::Snapshot snapshot();
    [[nodiscard]] control::ServiceView view_of(core::ServiceId id) const;
    [[nodiscard]] std::string_view behind_of(core::ServiceId id) const;

    // reload.cpp: other files.
    [[nodiscard]] control::Server::Fate on_reload_request(std::size_t slot);
    void on_reload_signal();
    [[nodiscard]] std::string ask_for_reload();
    [[nodiscard]] bool on_loader_death(const sys::Exited& child);
    void on_loaded(core::Spec spec);
    [[nodiscard]] Prepared prepare(Reload::Next& next);
    void advance_reload();
    void give_up_reload();
    void end_reload(control::ReloadReply::Outcome outcome, std::string_view text);
    void say_reloaded(const ReloadPlan& plan);

    // take_over.cpp: another Spec in place of the present one.
    void take_over();
    void move_processes(Reload::Next& next);
    void watch_schedule();

    // wishes.cpp: what people ask for.
    [[nodiscard]] control::Reply decide(const control::Server::Wish& wish);
    [[nodiscard]] control::Reply signal_asked(const control::Server::Wish& wish);
    void mark_started_along();
    void mark_stopped_along(control::Action action);
    void name_others(control::Action action, control::ManageReply& reply);

    [[nodiscard]] ServiceProcess& process(core::ServiceId id) {
        return processes_[core::index(id)];
    }
    [[nodiscard]] const core::ServiceSpec& spec(core::ServiceId id) const {
        return spec_.services[core::index(id)];
    }
    [[nodiscard]] std::span<const base::Pid> others(core::ServiceId id);

    core::Spec spec_;  ///< always here: others refer to it, also to the one that a reload puts here
    const Settings settings_;
    logging::Logger& log_;
    core::Supervisor supervisor_;
    EventQueue queue_;
    sys::Loop loop_;
    sys::UniqueFd signals_;
    sys::OomCounter oom_;
    std::optional<std::uint64_t> oom_kills_;
    JobControl job_;
    Linger linger_;
    LogPump log_pump_;
    Listeners listeners_;
    Scheduler scheduler_;
    sys::Token schedule_;  ///< of its timer
    Reload reload_;
    std::optional<Program> program_;  ///< in command mode
    std::vector<ServiceProcess> processes_;
    std::vector<base::Pid> others_;  ///< what others() answers with
    std::optional<control::Server> control_;
    std::array<sys::Token, control::Server::kSlots> clients_{};
    std::vector<control::ServiceView> views_;
    std::vector<std::uint8_t> parts_;  ///< what the wish at hand has to do with each service
    std::uint64_t generation_ = 1;     ///< grows with what clients want to hear of
    std::uint64_t reaped_ = 0;         ///< processes that were no service's
    std::uint64_t forwarded_ = 0;      ///< signals to the container that a service was sent
    core::Instant now_{};
    core::Instant started_at_{};
    core::Instant next_look_{};                ///< at the trees, while one is watched
    std::optional<core::Health> told_health_;  ///< to our own manager
    bool drains_ = false;  ///< every process left was signalled: say when none is left
    bool is_pumping_ = false;
    std::optional<int> exit_code_;
};

}  // namespace runtime
