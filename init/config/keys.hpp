// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "config/key_table.hpp"

namespace config {

/// The same key, without which its table is wrong.
constexpr Key required(Key key) {
    key.is_required = true;
    return key;
}

/// The table itself, for compile-time checks inside config; everybody else uses all_keys().
inline constexpr std::array kKeys{
    Key{"description", Scope::Service, Type::Text, "\"\"", "What the service is, for people."},
    Key{"command", Scope::Service, Type::Command, "",
        "Program and arguments; no shell, no splitting. A name without '/' is looked up in PATH."},
    Key{"type", Scope::Service, Type::Choice, "\"service\"",
        "A service runs until it is stopped; a oneshot runs to its end, and done is ready.",
        "service|oneshot"},
    Key{"user", Scope::Service, Type::User, "",
        "Whom it runs as: name, uid, user:group or uid:gid."},
    Key{"working-directory", Scope::Service, Type::Path, "", "Where it runs."},
    Key{"umask", Scope::Service, Type::Mode, "", "File mode creation mask."},
    Key{"environment", Scope::Service, Type::Variables, "{}",
        "Variables added to what PID 1 inherited."},
    Key{"clear-environment", Scope::Service, Type::Flag, "false",
        "Start with an empty environment instead of the inherited one."},
    Key{"environment-file", Scope::Service, Type::Names, "[]",
        "Files of NAME=value lines, read at each start; a leading '-' makes one optional."},
    Key{"secrets", Scope::Service, Type::Variables, "{}",
        "Variable = file that holds its value, read at each start, for this service only."},
    Key{"secrets-from-env", Scope::Service, Type::Names, "[]",
        "Variables whose value is in the file that NAME_FILE names."},
    Key{"directories", Scope::Service, Type::Tables, "[]",
        "Directories to make before anything else."},
    Key{"requires", Scope::Service, Type::Names, "[]",
        "Services to start after (once ready), to stop before and to fail with."},
    Key{"after", Scope::Service, Type::Names, "[]", "Services to start after, order only."},
    Key{"wait-for", Scope::Service, Type::Endpoints, "[]",
        "What must answer before the start, outside this container."},
    Key{"ready", Scope::Service, Type::Readiness, "",
        "How readiness is learnt: \"notify\" (sd_notify(3)), \"fd:N\" (a newline there, N from 3 "
        "to "
        "255), a URL, or { exec = [..] }; without it the service is ready once executed."},
    Key{"ready-timeout", Scope::Service, Type::Duration, "",
        "How long from the start to ready at most; none = for ever.", "", "", 1},
    Key{"notify-access", Scope::Service, Type::Choice, "\"main\"",
        "Whose READY=1 counts: the main process or any of the service.", "main|all"},
    Key{"essential", Scope::Service, Type::Flag, "true",
        "The container ends when the service does; false by default for a oneshot."},
    Key{"success-codes", Scope::Service, Type::Numbers, "[0]", "Exit codes that are a success.", "",
        "", 0, 255},
    Key{"unexpected-exit-code", Scope::Service, Type::Number, "70",
        "Exit code of the container when an essential service ends it without a code of its own: "
        "it exited with 0 unasked, or pidone ended it (unhealthy, not ready in time, watchdog).",
        "", "", 1, 255},
    Key{"stop-signal", Scope::Service, Type::Signal, "\"TERM\"",
        "Sent to stop it; before readiness it is always TERM."},
    Key{"stop-timeout", Scope::Service, Type::Duration, "",
        "From the stop signal to KILL; none = what is left of the budget."},
    Key{"kill-mode", Scope::Service, Type::Choice, "\"mixed\"",
        "Who gets the stop signal: the main process (mixed) or its group.", "mixed|group"},
    Key{"before-stop", Scope::Service, Type::Table, "{}",
        "What happens between the wish to stop and the stop signal."},
    Key{"signals", Scope::Service, Type::SignalTable, "{}",
        "Signals of the container it gets, and as what; \"\" drops one."},
    Key{"reload-signal", Scope::Service, Type::Signal, "\"HUP\"",
        "Sent to make it read its own settings again (pidone reload)."},
    Key{"restart", Scope::Service, Type::Choice, "\"no\"",
        "Whether it is started again when it ends unasked: never, after a failure, always.",
        "no|on-failure|always"},
    Key{"watchdog", Scope::Service, Type::Duration, "",
        "Once ready, WATCHDOG=1 must come at least this often (sd_watchdog_enabled(3)).", "", "",
        10},
    Key{"listen", Scope::Service, Type::Sockets, "[]",
        "Sockets that pidone opens and hands to it (sd_listen_fds(3)), kept across restarts."},
    Key{"instances", Scope::Service, Type::Instances, "",
        "How many of it, NAME@1 and so on, or their names; ${INSTANCE} stands for each."},
    Key{"schedule", Scope::Service, Type::Schedule, "",
        "When a oneshot runs: \"every 6h\" (100ms or more), five fields as in crontab(5), or "
        "@hourly, @daily, @weekly, @monthly, @yearly."},
    Key{"timezone", Scope::Service, Type::Text, "\"UTC\"",
        "Whose clock the fields of the schedule mean, like \"Europe/Paris\"."},
    Key{"enabled", Scope::Service, Type::Flag, "true", "false leaves the service out."},
    Key{"restart-policy", Scope::Service, Type::Table, "", "How it is started again."},
    Key{"health", Scope::Service, Type::Table, "", "How it is looked at while it runs."},
    Key{"log", Scope::Service, Type::Table, "", "Where its output goes."},
    Key{"limits", Scope::Service, Type::Table, "", "Resource limits, see setrlimit(2)."},
    Key{"security", Scope::Service, Type::Table, "", "Privileges."},
    Key{"template", Scope::Service, Type::Tables, "", "Files rendered before the start."},
    Key{"setup", Scope::Service, Type::Tables, "", "Steps run one after another before the start."},

    Key{"delay", Scope::BeforeStop, Type::Duration, "\"0s\"", "How long to wait first."},
    Key{"command", Scope::BeforeStop, Type::Command, "[]", "What to run then."},

    required({"exec", Scope::Ready, Type::Command, "", "Ready when this exits with 0."}),

    required({"url", Scope::WaitFor, Type::Text, "",
              "tcp://HOST:PORT, unix:///PATH, http://HOST[:PORT]/PATH or file:/PATH."}),
    Key{"timeout", Scope::WaitFor, Type::Duration, "", "After that the start fails."},
    Key{"interval", Scope::WaitFor, Type::Duration, "\"100ms\"", "Between two tries.", "", "", 1},

    required({"path", Scope::Directory, Type::Path, "", "The directory."}),
    Key{"mode", Scope::Directory, Type::Mode, "\"0755\"", "Its mode."},
    Key{"owner", Scope::Directory, Type::User, "", "Its owner; none = pidone's own user."},

    Key{"delay", Scope::Restart, Type::Duration, "\"200ms\"",
        "From the end to the next start; doubles with each attempt."},
    Key{"max-delay", Scope::Restart, Type::Duration, "\"30s\"", "The longest delay."},
    Key{"jitter", Scope::Restart, Type::Fraction, "0.1",
        "Part of the delay that chance adds or takes away."},
    Key{"window", Scope::Restart, Type::Duration, "\"60s\"",
        "A run of at least this length makes attempts count from 1 again."},
    Key{"max-attempts", Scope::Restart, Type::Number, "5",
        "After so many restarts in a row pidone gives up; 0 = never.", "", "", 0, 1'000'000},
    Key{"give-up", Scope::Restart, Type::Choice, "\"exit\"",
        "What follows: the container ends, or the service stays down (default of one that is not "
        "essential).",
        "exit|stop"},

    required({"probe", Scope::Health, Type::Probe, "",
              "What must succeed: a URL as in wait-for, or { exec = [..] }."}),
    Key{"interval", Scope::Health, Type::Duration, "\"10s\"", "Between two probes.", "", "", 10},
    Key{"timeout", Scope::Health, Type::Duration, "\"3s\"", "How long one may take.", "", "", 1},
    Key{"retries", Scope::Health, Type::Number, "3", "So many failures in a row make it unhealthy.",
        "", "", 1, 1000},
    Key{"start-period", Scope::Health, Type::Duration, "\"0s\"",
        "Failures so soon after its start do not count."},
    Key{"action", Scope::Health, Type::Choice, "\"none\"",
        "What follows when it is unhealthy: nothing, its restart, the end of the container.",
        "none|restart|exit"},

    required({"exec", Scope::HealthProbe, Type::Command, "",
              "Succeeds when this exits with 0; run as the service's user."}),

    required({"url", Scope::Listen, Type::Text, "",
              "tcp://ADDRESS:PORT, an address and no name, or unix:///PATH."}),
    Key{"name", Scope::Listen, Type::Text, "",
        "In LISTEN_FDNAMES, at most 255 bytes without ':'; default ADDRESS-PORT or the path, with "
        "'-' for ':'."},
    Key{"mode", Scope::Listen, Type::Mode, "\"0666\"", "Mode of a unix socket."},
    Key{"owner", Scope::Listen, Type::User, "",
        "Owner of a unix socket; none = pidone's own user."},

    Key{"mode", Scope::Log, Type::Choice, "\"inherit\"",
        "Output goes straight to the container's, or line by line with the service's name; the "
        "other keys need one of the latter.",
        "inherit|prefix|json"},
    Key{"timestamps", Scope::Log, Type::Flag, "false",
        "Put the time behind the name of a prefixed line; JSON lines always have it."},
    Key{"overflow", Scope::Log, Type::Choice, "\"block\"",
        "When nobody takes the lines: the service waits, or they are dropped and counted.",
        "block|drop"},
    Key{"keep", Scope::Log, Type::Size, "\"0\"",
        "How much is kept in memory for pidone logs, 64MiB at most."},
    Key{"file", Scope::Log, Type::Path, "", "A file that the lines are written to as well."},
    Key{"rotate", Scope::Log, Type::Table, "", "When that file becomes FILE.1."},

    required(
        {"size", Scope::Rotate, Type::Size, "", "As soon as it is this long, 1KiB to 1024GiB."}),
    Key{"keep", Scope::Rotate, Type::Number, "3", "How many FILE.N there are at most.", "", "", 0,
        99},

    Key{"as", Scope::Limits, Type::LimitValue, "", "Address space, bytes."},
    Key{"core", Scope::Limits, Type::LimitValue, "", "Core file, bytes."},
    Key{"cpu", Scope::Limits, Type::LimitValue, "", "CPU time, seconds."},
    Key{"data", Scope::Limits, Type::LimitValue, "", "Data segment, bytes."},
    Key{"fsize", Scope::Limits, Type::LimitValue, "", "Size of a file, bytes."},
    Key{"locks", Scope::Limits, Type::LimitValue, "", "File locks."},
    Key{"memlock", Scope::Limits, Type::LimitValue, "", "Locked memory, bytes."},
    Key{"msgqueue", Scope::Limits, Type::LimitValue, "", "POSIX message queues, bytes."},
    Key{"nice", Scope::Limits, Type::LimitValue, "", "Ceiling of the nice value, 20 - nice."},
    Key{"nofile", Scope::Limits, Type::LimitValue, "", "Open descriptors."},
    Key{"nproc", Scope::Limits, Type::LimitValue, "", "Processes of the user."},
    Key{"rss", Scope::Limits, Type::LimitValue, "", "Resident set, bytes (no effect on Linux)."},
    Key{"rtprio", Scope::Limits, Type::LimitValue, "", "Ceiling of the real-time priority."},
    Key{"rttime", Scope::Limits, Type::LimitValue, "", "Real-time CPU time, microseconds."},
    Key{"sigpending", Scope::Limits, Type::LimitValue, "", "Queued signals."},
    Key{"stack", Scope::Limits, Type::LimitValue, "", "Stack, bytes."},

    Key{"soft", Scope::Limit, Type::Amount, "", "The soft limit; default the hard one."},
    Key{"hard", Scope::Limit, Type::Amount, "", "The hard limit; default the soft one."},

    Key{"no-new-privileges", Scope::Security, Type::Flag, "false",
        "No program it executes gains privileges (prctl(2), PR_SET_NO_NEW_PRIVS)."},
    Key{"capabilities", Scope::Security, Type::Names, "",
        "The only capabilities it keeps; [] drops all, none = as inherited."},
    Key{"oom-score-adj", Scope::Security, Type::Number, "",
        "-1000 (never) to 1000 (first) for the kernel's OOM killer.", "", "", -1000, 1000},
    Key{"nice", Scope::Security, Type::Number, "", "-20 (most CPU) to 19.", "", "", -20, 19},

    required({"source", Scope::Template, Type::Text, "",
              "The template; relative to the directory of the TOML file."}),
    required({"target", Scope::Template, Type::Path, "", "The file to write."}),
    Key{"mode", Scope::Template, Type::Mode, "\"0644\"", "Its mode."},
    Key{"owner", Scope::Template, Type::User, "", "Its owner; none = pidone's own user."},

    Key{"name", Scope::Setup, Type::Text, "", "What the step does, for messages."},
    required({"command", Scope::Setup, Type::Command, "", "What to run, as the service's user."}),
    Key{"stdin", Scope::Setup, Type::Path, "", "A file for its standard input."},
    Key{"creates", Scope::Setup, Type::Path, "",
        "A directory that exists only when complete: run while it is missing, into ${STAGING}."},
    Key{"once", Scope::Setup, Type::Path, "",
        "A stamp file written after success: run while it is missing."},

    Key{"shutdown-timeout", Scope::Container, Type::Duration, "\"8s\"",
        "The one budget of a stop; Compose's stop_grace_period minus 2 s.", "",
        "PIDONE_SHUTDOWN_TIMEOUT"},
    Key{"linger", Scope::Container, Type::Duration, "\"2s\"",
        "How long to wait at the end for bytes in socket buffers.", "", "PIDONE_LINGER"},
    Key{"log-format", Scope::Container, Type::Choice, "\"text\"", "How pidone's own lines look.",
        "text|json", "PIDONE_LOG_FORMAT"},
    Key{"control", Scope::Container, Type::Text, "\"/run/pidone/control\"",
        "The control socket, a path of at most 107 bytes; \"\" = none. pidone status and the like "
        "read "
        "no file: tell them another path by PIDONE_CONTROL or --control, or they do not find it.",
        "", "PIDONE_CONTROL"},
    Key{"reload-on-hup", Scope::Container, Type::Flag, "false",
        "HUP makes pidone read its files again (pidone reload).", "", "PIDONE_RELOAD_ON_HUP"},
};

}  // namespace config
