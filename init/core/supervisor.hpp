// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/backoff.hpp"
#include "core/event.hpp"
#include "core/graph.hpp"
#include "core/service.hpp"

namespace core {

/// What a HEALTHCHECK wants to know.
enum class Health { Starting, Healthy, Unhealthy, Stopping };

/// What keeps a service from the next step of its life.
struct Hold {
    enum class Kind {
        None,         ///< nothing: it is up, or it is down for good
        Requirement,  ///< its start: `other`, which it requires, is not ready
        After,        ///< its start: `other`, after which it comes, is neither ready nor down
        Requirer,     ///< its stop, or the start after it: `other`, which needs it, is not down yet
        Backoff,      ///< its start: the delay of its restart, to `until`
        Schedule,     ///< its start: the next date (`until`, where the core keeps the time)
        ByHand,       ///< its start: somebody stopped it
        Disabled,     ///< its start: it is not enabled
        SetUp,        ///< its readiness: the child still prepares
        Readiness,    ///< its readiness: it has not said so; `until` = ready-timeout, if any
        Hook,         ///< its stop: before-stop, to `until` at the latest
        OwnProcesses,  ///< its stop: processes of its own are alive; `until` = KILL, or giving up
        LostRequirement,  ///< nothing does, it failed because `other`, which it requires, did
    };
    Kind kind = Kind::None;
    ServiceId other = kNoService;
    std::optional<Instant> until{};
};

// The life of one service:
//
//    Scheduled --due----+ (a oneshot with a schedule is here instead of Done and Failed)
//                       v
//    Backoff --delay--> Waiting --Spawn--> Setup --Executed--> Starting --Ready--> Up
//       ^                  ^ | stop          | stop: TERM         | stop: TERM      | stop
//       |                  | v               |                    |                 v
//       |                  | Stopped         |                    |             BeforeStop
//       |                  |                 v      stop-signal   |                 | hook over
//       |                  |              Stopping <--------------+-----------------+
//       |                  |                 | deadline: KILL, a second later: given up
//       |                  |                 | MainExited (from Setup to BeforeStop as well)
//       | restarts         | comes back      v
//       +------------------+------------- Leaving   its other processes: TERM, CONT; then KILL
//                                            | TreeEmpty, or a second after KILL
//                                            v
//                                  Done | Failed | Stopped (by hand)
//
// StartAsked leads from Backoff, Scheduled, Done, Failed and Stopped to Waiting.
//
// A service that ends unasked and stays down takes down for good what requires it; one that comes
// back only stops it: it is Waiting then. The life of the container (Phase):
//
//   Booting --Boot--> Running --stop signal, end of an essential service--> Stopping
//      Running | Stopping --nothing lives, nothing can come back--> Draining --ChildrenGone-->
//      Lingering --> Over;   Stopping | Draining --end of the budget, second stop signal--> Killing
//      --> Over

/// All decisions of PID 1: a function from (state, event, now) to commands. It makes no call into
/// the kernel, reads no clock, writes no log and allocates only in its constructor, so it can be
/// simulated.
///
/// Service mode. Boot spawns every enabled service whose `requires` are ready (a oneshot: done) and
/// whose `after` are ready, or ended. A service that ends unasked is started again as its
/// RestartPolicy says; without one, or when that is used up, its end fails what requires it. A
/// stop, start or restart by hand, a health check and a watchdog end a run in the same way. The
/// container stops when a stop signal (TERM, INT, QUIT, PWR, RTMIN+3) arrives, when an essential
/// service ends for good, or when nothing runs or can start any more (what somebody stopped can). A
/// stop has one budget (Spec::shutdown_timeout from its first cause); services go down in reverse
/// order, each once everything that requires it or comes after it is gone; then every process left
/// gets TERM and CONT, and KILL when the budget ends; then Linger (cut to the budget); then Exit. A
/// second stop signal means KILL to everything now.
///
/// Command mode. The one service gets every signal (rewritten, in the given scope, with its value);
/// when it ends, what is left gets TERM and CONT, and KILL after `kill_grace`; then Exit with its
/// code (remapped).
class Supervisor {
  public:
    /// `spec` must outlive the supervisor. `seed` is that of the jitter of restarts; 0 = none.
    explicit Supervisor(const Spec& spec, std::uint64_t seed = 0);

    /// Takes one event at the time `now` (never earlier than at the call before) and returns what
    /// to do, in order. The span is valid until the next call; execute all of it first and queue
    /// the answers.
    [[nodiscard]] std::span<const Command> step(const Event& event, Instant now);

    /// The Spec that the constructor was given has been replaced in its place: `from` tells of each
    /// service where it comes from. Those that are the same keep their state; the others begin
    /// anew, only what somebody stopped stays down. Every service that changed or is gone must be
    /// down (Event::ReplaceAsked), and the container not stopping. Ids count anew from here on; a
    /// Tick has to follow. It allocates.
    void adopt(std::span<const Successor> from, Instant now);

    /// When step() wants a Tick at the latest; empty while nothing is timed.
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    [[nodiscard]] const Service& service(ServiceId id) const { return services_[index(id)]; }
    [[nodiscard]] std::size_t service_count() const { return services_.size(); }
    [[nodiscard]] Health health() const;
    [[nodiscard]] Health health(ServiceId id) const;
    [[nodiscard]] bool is_stopping() const;
    /// What `id` waits for; the first of several reasons.
    [[nodiscard]] Hold hold(ServiceId id) const;
    /// Every service once, each behind all it requires or comes after.
    [[nodiscard]] std::span<const ServiceId> order() const { return graph_.order(); }
    /// Whether a start of what requires `id` starts this one as well.
    [[nodiscard]] bool starts_along(ServiceId id) const { return is_startable(id, false); }
    /// Whether `last_exit` is a success, or what the signal that asked for it makes of a program.
    [[nodiscard]] bool ended_well(ServiceId id) const;
    /// Whether it failed because its restarts were used up.
    [[nodiscard]] bool has_given_up(ServiceId id) const;
    /// When the next run of a Schedule::Kind::Every is due.
    [[nodiscard]] std::optional<Instant> next_run(ServiceId id) const;
    /// The exit code the container would end with, or ends with once Command::Exit was given.
    [[nodiscard]] int exit_code() const;

  private:
    /// Where the container as a whole is; deadline_ means what the phase says.
    enum class Phase {
        Booting,    ///< before Event::Boot
        Running,    ///< command mode: the deadline is the KILL after a forwarded stop signal
        Stopping,   ///< services go down in order; deadline = end of the budget
        Draining,   ///< no service is left, others may be; deadline = KILL
        Killing,    ///< KILL was sent to everything; deadline = leave without them
        Lingering,  ///< for the send queues; deadline = leave
        Over,       ///< Command::Exit was given
    };

    /// Where the end of a run leads.
    enum class Follow {
        End,      ///< Done or Failed, as the end was; Scheduled with a schedule
        Backoff,  ///< starts again after its delay
        Return,   ///< starts again as soon as it can
        Stop,     ///< Stopped by hand
    };

    static constexpr Instant kNever = Instant::max();

    /// What nobody but the supervisor needs to know of one run of a service.
    struct Run {
        bool has_probe = false;         ///< the readiness probe runs
        bool has_hook = false;          ///< the before-stop command runs
        bool was_executed = false;      ///< execve succeeded
        bool is_ready_early = false;    ///< Ready overtook Executed
        bool has_start_failed = false;  ///< the child said why it could not start
        bool is_going = false;          ///< it is to stop, as soon as what depends on it is gone
        bool is_excused = false;        ///< somebody wants it down: its end counts for nothing
        bool is_lost = false;  ///< what requires it cannot live: it ended unasked, or lost its own
        bool is_tolerated = false;          ///< and the container does not end because of that
        bool has_lost_requirement = false;  ///< fails because `requires` failed
        ServiceId lost = kNoService;        ///< this one of them
        ServiceId root = kNoService;        ///< and this is the one that failed by itself
        bool is_killed = false;             ///< KILL was sent; the deadline means giving it up
        Signal asked{};                     ///< what we sent to end it, KILL at a timeout aside
        Instant executed_at{};
        Instant stop_began{};
        Instant hook_limit{};         ///< when before-stop has to be over
        State outcome = State::Done;  ///< what it becomes when the last of its processes is gone,
        Follow follow = Follow::End;  ///< with Follow::End
        Report::Fault fault = Report::Fault::Ended;  ///< what we ended it for
        Report::Next next = Report::Next::Nothing;   ///< what its end brings about, once judged
        Duration delay{0};                           ///< Next::Restarts
        Instant restart_at{};                        ///< Follow::Backoff
        int code = 0;                  ///< exit code of a container that ends because of it
        int failed_probes = 0;         ///< of its health, in a row
        bool is_probe_late = false;    ///< the health probe that runs missed its timeout
        bool is_probe_valid = false;   ///< the health probe that runs is of this run and in time
        Instant health_at = kNever;    ///< the next health probe, or the timeout of this one
        Instant watchdog_at = kNever;  ///< when WATCHDOG=1 has to have come
        std::optional<Duration> watchdog{};  ///< WATCHDOG_USEC=, in place of the Spec's
        Instant unhealthy_since{};
    };

    /// What outlives a run.
    struct Standing {
        bool has_run = false;
        bool is_disabled = false;         ///< not enabled, until somebody starts it
        bool is_stopped_by_hand = false;  ///< until somebody starts it
        bool is_replaced = false;         ///< down until adopt()
        bool is_wanted = false;     ///< while a StartAsked is carried out: it is to start as well
        bool is_barred = false;     ///< waits for something that was stopped by hand
        bool is_main_left = false;  ///< its main process was given up and is not reaped yet
        bool has_health_probe = false;  ///< one is alive
        Instant run_at = kNever;        ///< the next run of Schedule::Kind::Every
    };

    // supervisor.cpp: events in, commands out
    [[nodiscard]] static std::size_t commands_for(std::size_t services);
    void dispatch(const Event& event);
    void boot();
    void on_time_extended(ServiceId id, Duration duration);
    void on_signal(const SignalInfo& signal);
    void on_children_gone();
    void on_tree_empty(ServiceId id);
    void on_main_pid(ServiceId id, Pid pid);
    void on_linger_done();
    void route_signal(const SignalInfo& signal);
    void settle();

    // supervisor_query.cpp
    [[nodiscard]] bool is_ready(ServiceId id) const;
    [[nodiscard]] bool is_scheduled(ServiceId id) const;
    [[nodiscard]] bool is_held_down(ServiceId id) const;
    [[nodiscard]] bool has_future() const;
    [[nodiscard]] ServiceId live_requirer(ServiceId id) const;
    [[nodiscard]] ServiceId stop_holder(ServiceId id) const;
    [[nodiscard]] Hold start_hold(ServiceId id) const;

    // supervisor_restart.cpp: what an end brings about, and what comes back with what
    void plan_restart(ServiceId id, bool is_forced);
    void count_end(ServiceId id);
    [[nodiscard]] bool ends_container(ServiceId id) const;
    void fail_running(ServiceId id, Report::Fault fault, Report what);
    void recall_requirers();
    void excuse(ServiceId id, Follow follow);
    void go(ServiceId id);
    void lose(ServiceId id);
    void finish(ServiceId id);

    // supervisor_wish.cpp: what people ask for, and schedules
    void on_start_asked(ServiceId id, Report::Kind kind);
    [[nodiscard]] bool is_startable(ServiceId id, bool is_asked) const;
    void revive(ServiceId id, bool is_asked, Report::Kind kind);
    void on_stop_asked(ServiceId id);
    void put_down(ServiceId id);
    void on_restart_asked(ServiceId id);
    void forget_failure(ServiceId id);
    void set_schedule(ServiceId id);
    void on_due(ServiceId id);

    // supervisor_adopt.cpp: another Spec
    void on_replace_asked(ServiceId id);
    void begin_anew(ServiceId id);
    void take_over(ServiceId id, const Service& service, const Standing& standing);
    void reconsider(ServiceId id);

    // supervisor_health.cpp: health probes and watchdogs
    void begin_watch(ServiceId id);
    void end_watch(ServiceId id);
    void expire_health(ServiceId id);
    void start_health_probe(ServiceId id);
    void on_health_probed(ServiceId id, const ExitStatus& status);
    void count_health(ServiceId id, bool is_good);
    void become_unhealthy(ServiceId id);
    void feed_watchdog(ServiceId id);
    void set_watchdog(ServiceId id, Duration interval);
    [[nodiscard]] Duration watchdog(ServiceId id) const;
    [[nodiscard]] bool is_last_chance(ServiceId id) const;
    void on_watchdog_failed(ServiceId id);
    void miss_watchdog(ServiceId id, Duration silence);

    // supervisor_life.cpp: starting, readiness, the end of a main process
    void start_what_can();
    [[nodiscard]] bool can_start(ServiceId id) const;
    void spawn(ServiceId id);
    void on_spawned(ServiceId id, Pid pid);
    void on_spawn_failed(ServiceId id, int error);
    void on_executed(ServiceId id);
    void on_ready(ServiceId id);
    void become_up(ServiceId id);
    void on_main_exited(ServiceId id, const ExitStatus& status);
    void judge(ServiceId id, const ExitStatus& status);
    void report_end(ServiceId id, const ExitStatus& status);
    void account_end(ServiceId id);
    void spread_losses();
    void lose_requirement(ServiceId id, ServiceId lost);

    // supervisor_stop.cpp: stopping one service, then all, then the container
    void expire(bool is_tick);
    void on_paused(Duration pause);
    void expire_phase();
    void expire_service(ServiceId id);
    void miss_ready_timeout(ServiceId id);
    void begin_shutdown(Signal signal, ServiceId cause);
    void stop_what_can();
    void begin_stop(ServiceId id);
    void begin_before_stop(ServiceId id);
    void run_hook(ServiceId id);
    void on_hook_exited(ServiceId id, const ExitStatus& status);
    void end_before_stop_stage(ServiceId id);
    void ask_to_stop(ServiceId id);
    void ask_to_stop(ServiceId id, Signal signal, Scope scope);
    void kill_service(ServiceId id);
    void leave(ServiceId id);
    void give_up(ServiceId id);
    void end_helpers(ServiceId id);
    void drain();
    void kill_everything();
    void linger();
    void leave_container();
    [[nodiscard]] Instant stop_deadline(ServiceId id) const;
    [[nodiscard]] Instant hook_limit(ServiceId id) const;
    [[nodiscard]] Instant last_moment() const;

    // supervisor_command.cpp: command mode
    void dispatch_command(const Event& event);
    void forward_signal(const SignalInfo& signal);
    void dispatch_pause(const Event& event);
    void hurry(const SignalInfo& signal);
    void end_command(const ExitStatus& status);
    void finish_program(State outcome, int code);
    void expire_command();
    void kill_rest();
    void leave_command();

    // what is said
    void enter(ServiceId id, State state);
    void emit(const Command& command);
    void emit_signal(ServiceId id, Signal signal, Scope scope);
    void emit_service(Command::Kind kind, ServiceId id);
    void emit_all(Signal signal);
    void report(const Report& what);
    void report_with_next(ServiceId id, Report what);
    void report_exit();

    [[nodiscard]] bool has_live_service() const;
    [[nodiscard]] Report::Fault fault(ServiceId id) const;
    [[nodiscard]] bool is_done(ServiceId id) const;
    void note_failure(ServiceId id, int code);

    const Spec& spec_;
    Graph graph_;
    std::vector<Service> services_;
    std::vector<Run> runs_;
    std::vector<Standing> standings_;
    JitterSource jitter_;
    std::vector<Command> commands_;  // reserved once; cleared by each step
    Phase phase_ = Phase::Booting;
    Instant now_{};  // of the present step
    std::optional<Instant> deadline_;
    Instant shutdown_began_{};
    ServiceId cause_ = kNoService;           // whose end stops the container
    std::optional<int> cause_code_;          // and the exit code that follows from it
    std::optional<int> first_failure_;       // counts when nothing else was the cause
    ServiceId first_failed_ = kNoService;    // and whose it was
    std::optional<std::size_t> end_report_;  // in commands_: learns the exit code after the step
    Signal stop_signal_{};                   // that began the shutdown, if one did
    bool has_stop_signal_ = false;
    bool are_children_gone_ = false;  // until the next process is made
    bool has_killed_rest_ = false;
    std::uint64_t dropped_ = 0;  // bit n - 1: SignalDropped was said for signal n
};

}  // namespace core
