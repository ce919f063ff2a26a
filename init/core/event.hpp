// SPDX-License-Identifier: MIT
#pragma once

#include "base/exit_status.hpp"
#include "base/pid.hpp"
#include "core/spec.hpp"

/// The only vocabulary between the core and the runtime: an Event is something that happened, a
/// Command is something to do. Both are plain values of fixed size.
namespace core {

using base::ExitStatus;
using base::Pid;

/// A signal on its way, with the value that came by sigqueue(3), if one did.
struct SignalInfo {
    Signal signal{};
    bool has_value = false;
    std::uint64_t value = 0;  ///< the bits of si_value
};

struct Event {
    enum class Kind {
        Boot,         ///< first event of all: start what can start
        Spawned,      ///< `service` has the process `pid` (answer to Command::Spawn)
        SpawnFailed,  ///< fork failed with errno `number` (answer to Command::Spawn)
        Executed,     ///< the child's execve succeeded: set-up is over
        StartFailed,  ///< the child reported why it could not start; its MainExited follows
        Ready,        ///< READY=1, the newline on the descriptor, or the readiness probe succeeded
        MainExited,   ///< the main process ended with `status`; it is reaped
        TreeEmpty,    ///< no live process of `service` is left (asked for after MainExited)
        HookExited,   ///< the before-stop command ended with `status`, or could not be started
        MainPidChanged,  ///< MAINPID= from the service: `pid` is its main process now
        TimeExtended,  ///< EXTEND_TIMEOUT_USEC: stop- and ready-timeout of `service` end no earlier
                       ///< than `duration` from now
        HealthProbed,  ///< the health probe of `service` ended with `status`; 0 = healthy
        WatchdogFed,   ///< WATCHDOG=1 from `service`
        WatchdogSet,   ///< WATCHDOG_USEC= from `service`: for the rest of this run WATCHDOG=1 comes
                       ///< every `duration`, from now on; zero: no longer
        WatchdogFailed,  ///< WATCHDOG=trigger: the service itself says that it hangs
        Due,             ///< the schedule of `service` says: now
        StartAsked,      ///< somebody wants `service` up
        StopAsked,       ///< somebody wants `service` down, and it stays down until StartAsked
        RestartAsked,    ///< somebody wants another run of `service`
        ReplaceAsked,    ///< `service` is to go down, because a reload changes or removes it; it
                         ///< stays down until Supervisor::adopt()
        SignalReceived,  ///< PID 1 got `signal`
        ChildrenGone,    ///< waitid says ECHILD: nothing is left below us
        LingerDone,      ///< the send queues are empty, or the linger time is over (answer to
                         ///< Command::Linger)
        Paused,  ///< PID 1, and with it perhaps all else here, did not run for up to `duration`
                 ///< (docker pause, SIGSTOP): the services get that time again
        Tick,    ///< deadlines may have passed; what had arrived by now was told before
    };
    Kind kind = Kind::Tick;
    ServiceId service = kNoService;
    Pid pid = Pid::None;
    ExitStatus status = ExitStatus::exited(0);
    SignalInfo signal{};
    Duration duration{0};
    int number = 0;
};

/// Whom a signal reaches.
enum class Scope {
    Main,   ///< the main process
    Group,  ///< its process group (its own session's, in service mode)
    Tree,   ///< every live process known to belong to the service, by session, group or ancestor
};

/// Something worth a line in the log; the runtime words it (runtime/report.cpp).
struct Report {
    enum class Kind {
        Starting,  ///< service
        Ready,     ///< service, duration since its spawn
        Exited,  ///< service, status, duration since its spawn, number = exit code of the container
                 ///< or -1 if it lives on
        StartFailed,  ///< service, status of the child that could not start, number as in Exited
        Done,         ///< service (oneshot) succeeded, duration
        DependencyFailed,  ///< service will not start (or is stopped), because `other` failed
        ReadyTimeout,      ///< service, duration waited
        Stopping,          ///< service gets signal
        StopTimeout,       ///< service did not stop within duration: KILL to all of it
        ShutdownStarted,   ///< signal (None: because of service and its fault), duration = the
                           ///< budget in force
        StopNow,           ///< a second stop arrived: signal
        SignalDropped,     ///< signal is named by no service; said once per signal
        Draining,          ///< processes are left after the last service; duration = time they get
        SpawnFailed,       ///< service, number = errno
        HookFailed,        ///< service, status
        Unhealthy,        ///< service, number = failed probes in a row, `next` (and attempt, delay)
        Healthy,          ///< service is healthy again, duration it was not
        WatchdogMissed,   ///< service said nothing for duration (zero: it said that it hangs),
                          ///< `next`
        RequirementDown,  ///< service stops, and starts again with `other`, which it requires
        StopAsked,        ///< service: somebody asked for its end
        StartAsked,       ///< service: somebody asked for its start
        RestartAsked,     ///< service: somebody asked for another run
        ReplaceAsked,     ///< service stops, because a reload changes or removes it
        RunSkipped,       ///< service is due, but its last run is not over (or it has to wait for
                          ///< `other`)
        Exiting,  ///< number = exit code of the container; why: signal (if any), and service (if
                  ///< any) with fault and status
    };
    /// What a service did that gives the container its exit code.
    enum class Fault { Ended, NotStarted, NotReady, Unhealthy, WatchdogMissed };
    /// What follows from an end (Exited, StartFailed, ReadyTimeout, SpawnFailed, Unhealthy,
    /// WatchdogMissed).
    enum class Next {
        Nothing,   ///< or what `number` says
        Restarts,  ///< in `delay`, as attempt `attempt` of `limit` (0 = no limit)
        GivesUp,   ///< `attempt` restarts were all there are
    };
    Kind kind = Kind::Starting;
    ServiceId service = kNoService;
    ServiceId other = kNoService;
    ExitStatus status = ExitStatus::exited(0);
    Signal signal{};
    Duration duration{0};
    int number = -1;
    Fault fault = Fault::Ended;
    Next next = Next::Nothing;
    Duration delay{0};
    int attempt = 0;
    int limit = 0;
};

/// Where a service of a new Spec comes from.
struct Successor {
    ServiceId was = kNoService;  ///< the service of its name in the Spec before; none: it is new
    bool is_same = false;        ///< and nothing of it has changed
};

struct Command {
    enum class Kind {
        Spawn,       ///< fork the child of `service`; answer Spawned or SpawnFailed
        StartProbe,  ///< begin the readiness probe of `service`; answer Ready when it succeeds
        StopProbe,   ///< end it, if it still runs
        RunHook,     ///< run before-stop.command of `service`; answer HookExited
        KillHook,    ///< kill the hook's whole group
        StartHealthProbe,  ///< one look at the health of `service`; answer HealthProbed. number = 1
                           ///< when a failure will make it unhealthy: the probe then says why
        StopHealthProbe,   ///< kill it with its group; HealthProbed follows. number = 1 when it
                           ///< missed its timeout, and that makes the service unhealthy
        Signal,     ///< send `signal` to `scope` of `service`; number = 1 when the container got it
        WatchTree,  ///< the main process is gone: answer TreeEmpty as soon as no live process of
                    ///< `service` is left
        SignalAll,  ///< send `signal` to every process left (PID 1: kill(-1); subreaper: the tree
                    ///< in /proc). KILL names them first
        Linger,     ///< wait for the send queues, `duration` at most; answer LingerDone
        Report,     ///< say `report`
        Exit,       ///< leave with `number`
    };
    Kind kind = Kind::Report;
    ServiceId service = kNoService;
    SignalInfo signal{};
    Scope scope = Scope::Main;
    Duration duration{0};
    int number = 0;
    Report report{};
};

}  // namespace core
