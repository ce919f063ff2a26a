// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "base/exit_status.hpp"
#include "base/suggest.hpp"
#include "cli/client_output.hpp"
#include "cli/commands.hpp"
#include "config/key_table.hpp"

namespace cli {
namespace {

struct Topic {
    std::string_view name;
    std::string_view text;
};

constexpr std::string_view kOverview =
    "pidone " PIDONE_VERSION
    ": an init (PID 1) and service supervisor for containers\n"
    "\n"
    "  pidone [OPTIONS] -- PROGRAM [ARG...]      run one program\n"
    "  pidone run [OPTIONS] [-c PATH]... [--]    run the services in PATH (/etc/pidone)\n"
    "  pidone check [--no-root] [PATH...]        say what is wrong with them\n"
    "  pidone show [-c PATH]... [SERVICE]        show effective settings\n"
    "  pidone probe URL... [--timeout D]         wait until all answer\n"
    "  pidone healthcheck [--wait D] [SERVICE...]   0 healthy, 1 not\n"
    "  pidone status [--json] [--watch] [SERVICE...]\n"
    "  pidone start|stop|restart|reload SERVICE...\n"
    "  pidone reload                             read the files again, apply what differs\n"
    "  pidone signal SIG SERVICE...\n"
    "  pidone wait --for ready|done|stopped SERVICE...\n"
    "  pidone why SERVICE | analyze              what holds it, where the start's time went\n"
    "  pidone graph [--format F] [-c PATH]...    who needs whom\n"
    "  pidone logs [-f] [-n N] [SERVICE...]      show what services wrote last\n"
    "  pidone schema [--container]               the JSON Schema of a service file\n"
    "  pidone exporter [--listen ADDR]           serve metrics to Prometheus\n"
    "  pidone help [COMMAND|keys] | version\n"
    "\n"
    "'pidone help run' lists the options, 'pidone help keys' what a service file may hold.\n"
    "Started as tini, docker-init, dumb-init, catatonit or podman-init it takes their place.\n";

constexpr std::string_view kRun =
    "Usage: pidone [OPTIONS] -- PROGRAM [ARG...]\n"
    "       pidone run [OPTIONS] [-c PATH]... [--] [PROGRAM [ARG...]]\n"
    "\n"
    "With a PROGRAM: run it, forward signals to it, reap zombies, end with its exit code.\n"
    "Without: run the services of PATH, a directory of NAME.toml files or one such file.\n"
    "\n"
    "  -c, --config PATH               may be repeated, later ones override single keys\n"
    "  -s, --subreaper                 adopt orphans (automatic when not PID 1)\n"
    "  -g, --group                     signals go to the program's process group\n"
    "  -p, --parent-death-signal SIG   get SIG when the parent dies\n"
    "  -e, --remap-exit CODE[:CODE]    exit with the second (default 0) for the first\n"
    "  -r, --rewrite FROM:TO           forward TO where FROM came; an empty TO drops it\n"
    "      --stop-timeout D            KILL that long after TERM, INT or QUIT (never)\n"
    "      --kill-grace D              time for what is left at the end (2s)\n"
    "  -w, --warn-on-reap              say which orphans were reaped\n"
    "  -v, --verbose   -q, --quiet     say more, say errors only\n"
    "\n"
    "Services take -c, -s, -p, -v and -q, a program all but -c.\n"
    "\n"
    "Each but -c has a variable: PIDONE_SUBREAPER, PIDONE_GROUP, PIDONE_PARENT_DEATH_SIGNAL,\n"
    "PIDONE_REMAP_EXIT, PIDONE_REWRITE (both lists with commas), PIDONE_STOP_TIMEOUT,\n"
    "PIDONE_KILL_GRACE, PIDONE_WARN_ON_REAP, PIDONE_VERBOSE, PIDONE_QUIET. Options win.\n"
    "For services PIDONE_SHUTDOWN_TIMEOUT, PIDONE_LINGER, PIDONE_LOG_FORMAT (text or json) and\n"
    "PIDONE_CONTROL (a path; empty = no socket) win over pidone.toml, so does\n"
    "PIDONE_RELOAD_ON_HUP (true or false). Else empty is unset.\n"
    "\n"
    "Exit: the program's code; 128+n when signal n killed it; 127 not found, 126 not\n"
    "executable; 64 wrong usage, 78 wrong configuration, 71 the system failed.\n";

constexpr std::array<Topic, 20> kTopics{{
    {"run", kRun},
    {"check",
     "Usage: pidone check [--no-root] [[-c] PATH...]\n"
     "\n"
     "Says everything that is wrong with the service files in PATH (default /etc/pidone), also\n"
     "programs, users, templates, secrets and directories that do not exist. With --no-root,\n"
     "for a look from outside the container, those and unset variables are warnings.\n"
     "\n"
     "Exit: 0, or 78 when there is an error.\n"},
    {"show",
     "Usage: pidone show [-c PATH]... [SERVICE]\n"
     "\n"
     "Shows the effective settings as TOML: overrides merged, variables expanded, defaults\n"
     "filled in. Of a secret it shows the name and the path only.\n"},
    {"probe",
     "Usage: pidone probe URL... [--timeout D] [--interval D]\n"
     "       pidone probe exec [--timeout D] [--interval D] -- COMMAND [ARG...]\n"
     "\n"
     "Waits until every URL answers: tcp://HOST:PORT, unix:///PATH, http://HOST[:PORT]/PATH,\n"
     "file:/PATH. Or until COMMAND exits with 0. Without --timeout it waits for ever; --interval\n"
     "(100ms) is the pause between two tries.\n"
     "\n"
     "Exit: 0; 1 when the time is over; 64 wrong usage; 127 when COMMAND is not found, 126 when "
     "it\n"
     "cannot be executed.\n"},
    {"healthcheck",
     "Usage: pidone healthcheck [--wait D] [--control PATH] [SERVICE...]\n"
     "\n"
     "Asks the PID 1 of this container. Exit: 0 healthy, 1 not. With --wait it answers when the\n"
     "health changes, or after D. Its socket is --control, else PIDONE_CONTROL, else\n"
     "/run/pidone/control.\n"},
    {"logs",
     "Usage: pidone logs [-f] [-n N] [--since D|TIME] [-t] [--control PATH] [SERVICE...]\n"
     "\n"
     "Shows the last lines of the services that keep some ('keep' in [log] of their file).\n"
     "  -f, --follow      go on with what they write\n"
     "  -n, --lines N     the last N lines of each service\n"
     "  --since D|TIME    none older than a duration (5m) or a time (2026-01-02T03:04:05Z)\n"
     "  -t, --timestamps  with the time of each line\n"
     "  --control PATH    the control socket, beside which this one is\n"},
    {"status",
     "Usage: pidone status [--json] [--watch] [--control PATH] [SERVICE...]\n"
     "\n"
     "Shows services: state, pid, since when, health, restarts, memory and CPU time of all their\n"
     "processes, last exit and what they wait for. MEMORY is resident memory; what processes "
     "share\n"
     "counts for each. --watch goes on with every change, CPU in percent of one core. The socket\n"
     "of PID 1 is --control, else PIDONE_CONTROL, else /run/pidone/control. NAME of a file with\n"
     "instances means all of them, NAME@1 one.\n"},
    {"start",
     "Usage: pidone start [--no-wait] [--timeout D] [--control PATH] SERVICE...\n"
     "\n"
     "Starts services (and what they require, if somebody stopped that) and waits until they are\n"
     "ready; one without 'ready' has to live for 250ms. Exit: 0; 1 when one did not start, or not\n"
     "in time; 64 wrong usage.\n"},
    {"stop",
     "Usage: pidone stop [--no-wait] [--timeout D] [--control PATH] SERVICE...\n"
     "\n"
     "Stops services, after those that require them, and waits until they are gone. They stay\n"
     "stopped until 'pidone start'. Exit: 0; 1 when one is not gone in time; 64 wrong usage.\n"},
    {"restart",
     "Usage: pidone restart [--no-wait] [--timeout D] [--control PATH] SERVICE...\n"
     "\n"
     "Stops services and starts them again, with what requires them, and waits until they are\n"
     "ready; one without 'ready' has to live for 250ms. Exit: 0; 1 when one did not come back, or\n"
     "not in time; 64 wrong usage.\n"},
    {"reload",
     "Usage: pidone reload [--no-wait] [--timeout D] [--control PATH]\n"
     "       pidone reload [--control PATH] SERVICE...\n"
     "\n"
     "Reads the files again, checks all of them, and applies what differs: services that are\n"
     "new start, those that are gone stop, those that changed (and what requires them) restart,\n"
     "the others go on untouched. What is wrong is said, and nothing is changed then. Exit: 0,\n"
     "also when nothing differs; 1 when nothing could be changed, or it is not over in time.\n"
     "\n"
     "With SERVICE: sends each its reload-signal (HUP). Exit: 0; 1 when one is not running.\n"},
    {"signal",
     "Usage: pidone signal [--control PATH] SIG SERVICE...\n"
     "\n"
     "Sends SIG to the main process of each service. Exit: 0; 1 when one is not running.\n"},
    {"wait",
     "Usage: pidone wait --for ready|done|stopped [--timeout D] [--control PATH] SERVICE...\n"
     "\n"
     "Waits until each service is that. Exit: 0; 1 when one cannot become it by itself any more,\n"
     "or the time is over; 64 wrong usage.\n"},
    {"why",
     "Usage: pidone why [--control PATH] SERVICE\n"
     "\n"
     "Shows what holds the start or the stop of a service, whom it waits for, its last end and\n"
     "its processes.\n"},
    {"graph",
     "Usage: pidone graph [--format text|dot|mermaid] [-c PATH]...\n"
     "\n"
     "Shows which service needs which, out of the files in PATH (/etc/pidone).\n"},
    {"analyze",
     "Usage: pidone analyze [--control PATH]\n"
     "\n"
     "Shows where the time of the last start went: when each service was spawned, its set-up (-)\n"
     "and its way to readiness (=), and the chain of those that waited for one another.\n"},
    {"schema",
     "Usage: pidone schema [--container]\n"
     "\n"
     "Prints the JSON Schema (draft-07) of service files, or of pidone.toml with --container.\n"
     "An editor completes and checks by it: '#:schema PATH' in the first line of a file.\n"},
    {"exporter",
     "Usage: pidone exporter [--listen ADDR] [--control PATH]\n"
     "\n"
     "Serves the metrics of this container at http://ADDR/metrics, for Prometheus: text format\n"
     "0.0.4, or OpenMetrics 1.0.0 for who asks for it. ADDR is ADDRESS:PORT, [ADDRESS]:PORT,\n"
     "NAME:PORT, :PORT (every address) or unix:///PATH; the default is 127.0.0.1:10191. It needs\n"
     "no privilege: run it as a service with a user of its own. The socket of PID 1 is --control,\n"
     "else PIDONE_CONTROL, else /run/pidone/control.\n"
     "\n"
     "Exit: 64 wrong usage, 71 it cannot listen; else it runs until a signal ends it.\n"},
    {"help",
     "Usage: pidone help [COMMAND|keys]\n"
     "\n"
     "Says what COMMAND does and takes, or which keys a service file and pidone.toml may hold.\n"},
    {"version",
     "Usage: pidone version\n"
     "\n"
     "Prints the version.\n"},
}};

/// The reference of all keys, out of the one table, which holds each scope in one piece.
std::string key_reference() {
    std::string out;
    const config::Key* last = nullptr;
    for (const auto& key : config::all_keys()) {
        if (last == nullptr || last->scope != key.scope) {
            const auto name = config::scope_name(key.scope);
            out += last == nullptr ? "" : "\n";
            out += std::string{name.empty() ? "NAME.toml" : name} + "\n";
        }
        last = &key;
        std::string line = "  " + std::string{key.name};
        line.resize(std::max<std::size_t>(line.size() + 1, 24), ' ');
        out += line + config::description(key);
        out += key.choices.empty() ? "" : " (" + std::string{key.choices} + ")";
        out += key.default_text.empty() ? "\n" : " [" + std::string{key.default_text} + "]\n";
    }
    return out;
}

}  // namespace

int run_help(std::span<const std::string> args) {
    if (args.empty()) {
        return print(kOverview);
    }
    if (args.size() > 1) {
        return complain("help takes one command, got '" + args[1] + "' too", base::kExitUsage);
    }
    if (args.front() == "keys") {
        return print(key_reference());
    }
    std::array<std::string_view, kTopics.size() + 1> names{"keys"};
    for (std::size_t i = 0; i < kTopics.size(); ++i) {
        if (kTopics[i].name == args.front()) {
            return print(kTopics[i].text);
        }
        names[i + 1] = kTopics[i].name;
    }
    const auto close = base::suggest(args.front(), names);
    return complain("no help on '" + args.front() + "'" +
                        (close.empty() ? std::string{"; see 'pidone help'"}
                                       : "; did you mean '" + std::string{close} + "'?"),
                    base::kExitUsage);
}

int run_version(std::span<const std::string> args) {
    if (!args.empty()) {
        return complain("version takes no argument, got '" + args.front() + "'", base::kExitUsage);
    }
    return print("pidone " PIDONE_VERSION "\n");
}

}  // namespace cli
