// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/endpoint.hpp"
#include "base/signal.hpp"

/// What is to run, validated and immutable: plain data that `config` makes, `core` decides on and
/// `runtime` executes. Whoever holds a Spec may trust it; nothing behind the loader checks it
/// again.
namespace core {

using base::Duration;
using base::Endpoint;
using base::Instant;
using base::Signal;

/// A service: its index in Spec::services and in every per-service table.
enum class ServiceId : std::uint16_t {};
[[nodiscard]] constexpr std::size_t index(ServiceId id) {
    return static_cast<std::size_t>(id);
}
/// Stands where an event or command is about no service.
inline constexpr ServiceId kNoService{0xffff};

using Variables = std::vector<std::pair<std::string, std::string>>;  ///< NAME, value; in file order

enum class ServiceType {
    Service,  ///< runs until it is stopped
    Oneshot,  ///< runs to its end; done with success is its readiness
};

/// How readiness is learnt. Without a kind it is the successful execve.
struct Readiness {
    enum class Kind { Exec, Notify, Descriptor, Probe, Command };
    Kind kind = Kind::Exec;
    int descriptor =
        -1;  ///< Kind::Descriptor: its number in the service, 3 to 255; a newline means ready
    Endpoint endpoint;  ///< Kind::Probe
    std::vector<std::string>
        command;  ///< Kind::Command: ready when it exits with 0; run as the service's user
    std::optional<Duration> timeout;  ///< from exec to ready; none = for ever
};

/// Whose READY=1 counts (systemd.service(5), NotifyAccess).
enum class NotifyAccess { Main, All };

/// Who gets the stop signal: the main process alone, or its whole group. KILL always goes to
/// everything.
enum class KillMode { Mixed, Group };

struct BeforeStop {
    Duration delay{0};
    std::vector<std::string> command;
};

/// When a service that ended unasked is started again.
enum class Restart {
    No,
    OnFailure,  ///< only when the end was no success
    Always,     ///< also after a success; not for a oneshot, whose end is its purpose
};

/// What follows when a service has used up its restarts.
enum class GiveUp {
    Exit,  ///< the container ends with its code
    Stop,  ///< the service and what requires it stay down, the container lives on
};

/// How a service is started again. The delay doubles with each attempt up to `max_delay`. Attempts
/// count from the last run that lived for `window` at least.
struct RestartPolicy {
    Restart when = Restart::No;
    Duration delay{200};
    Duration max_delay{30'000};
    unsigned jitter_permille = 100;  ///< a delay is off by up to this part of it, either way
    Duration window{60'000};
    int max_attempts = 5;  ///< 0 = no limit
    GiveUp give_up = GiveUp::Exit;
};

/// What an unhealthy service brings about.
enum class HealthAction { None, Restart, Exit };

/// Looks at a service while it is up: a probe every `interval` (from the end of one to the start of
/// the next), failed after `timeout`; `retries` failures in a row make it unhealthy, one success
/// healthy. Failures within `start_period` of its start do not count.
struct HealthCheck {
    enum class Kind { None, Probe, Command };
    Kind kind = Kind::None;
    Endpoint endpoint;                 ///< Kind::Probe
    std::vector<std::string> command;  ///< Kind::Command: run as the service's user, healthy = 0
    Duration interval{10'000};
    Duration timeout{3'000};
    int retries = 3;  ///< at least 1
    Duration start_period{0};
    HealthAction action = HealthAction::None;
};

/// A socket that PID 1 opens and hands to each run of the service (sd_listen_fds(3)).
struct ListenSocket {
    Endpoint endpoint;  ///< Tcp or Unix; a host must be an address
    std::string name;   ///< in LISTEN_FDNAMES; default ADDRESS-PORT or the path, with '-' for ':'
    unsigned mode = 0666;  ///< of a unix socket
    std::string owner;     ///< of a unix socket; "" = pidone's own user
};

/// A crontab(5) expression: bit n of a field is set when its value n is named.
struct Cron {
    std::uint64_t minutes = 0;
    std::uint32_t hours = 0;
    std::uint32_t days = 0;      ///< of the month, 1 to 31
    std::uint32_t months = 0;    ///< 1 to 12
    std::uint32_t weekdays = 0;  ///< 0 = Sunday to 6
    /// The field began with '*', perhaps with a step. When one of the two did, a date must suit
    /// both `days` and `weekdays`; when none did, one of them is enough (crontab(5)).
    bool any_day = true;
    bool any_weekday = true;
};

/// When a oneshot runs: each `every` from the start of the container on, or when the clock of
/// `timezone` shows what `cron` names.
struct Schedule {
    enum class Kind { None, Every, Cron };
    Kind kind = Kind::None;
    Duration every{0};
    Cron cron;
    std::string timezone = "UTC";  ///< a name of the tz database
    std::string text;              ///< as in the file, for messages
};

/// Where the output of a service goes.
enum class LogMode {
    Inherit,  ///< straight to the container's own
    Prefix,   ///< through the pump: "NAME | line"
    Json,     ///< through the pump: one object a line
};

/// What happens when the container's output, or a log file, takes no more.
enum class Overflow {
    Block,  ///< the service waits, as on any pipe
    Drop,   ///< lines are dropped and counted
};

struct LogSettings {
    LogMode mode = LogMode::Inherit;
    bool has_timestamps =
        false;  ///< LogMode::Prefix: the time in front (JSON lines always have it)
    Overflow overflow = Overflow::Block;
    std::uint64_t keep = 0;         ///< bytes of last lines kept for `pidone logs`; 0 = none
    std::string file;               ///< written as well; "" = none
    std::uint64_t rotate_size = 0;  ///< bytes after which `file` becomes FILE.1; 0 = never
    int rotate_keep = 0;            ///< how many FILE.N there are at most

    friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

struct EnvironmentFile {
    std::string path;
    bool is_optional = false;
};

struct Directory {
    std::string path;
    unsigned mode = 0755;
    std::string owner;  ///< "", "user", "uid", "user:group", "uid:gid"
};

/// A file that is rendered from `source` before the service starts.
struct Template {
    std::string
        source;  ///< absolute; the loader resolved it against the directory of its TOML file
    std::string target;  ///< absolute
    unsigned mode = 0644;
    std::string owner;
};

/// One step of preparation, run to its end as the service's user before the service itself.
struct SetupStep {
    std::string name;
    std::vector<std::string> command;  ///< may hold a literal ${STAGING} when `creates` is set
    std::string stdin_path;            ///< "" = /dev/null
    /// A directory that exists only when complete: the step runs only while it is missing, with
    /// ${STAGING} = a fresh, empty directory beside it, which is synced and renamed to it after
    /// success. "" = no such guard.
    std::string creates;
    std::string once;  ///< a stamp file, written (fsync, rename) after success; the step runs only
                       ///< while it is missing
};

struct WaitFor {
    Endpoint endpoint;
    std::optional<Duration> timeout;  ///< none = for ever
    Duration interval{100};
};

/// One RLIMIT_*; `resource` is the kernel's number (getrlimit(2)), infinity is UINT64_MAX.
struct Limit {
    std::string key;  ///< its name in the file, for messages: "nofile"
    int resource = 0;
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
};

struct Security {
    bool no_new_privileges = false;
    /// Names without "cap_"; empty optional = leave as inherited, empty list = drop all. With a
    /// user change the kept ones become ambient.
    std::optional<std::vector<std::string>> capabilities;
    std::optional<int> oom_score_adj;  ///< -1000 to 1000
    std::optional<int> nice;           ///< -20 to 19
};

/// What only the forked child of one service needs to know: everything up to execve.
struct ChildSpec {
    std::string user;  ///< "" = unchanged; "name", "uid", "user:group", "uid:gid"
    std::string working_directory;
    std::optional<unsigned> umask;
    bool clear_environment = false;
    Variables environment;
    std::vector<EnvironmentFile> environment_files;
    Variables secrets;                          ///< NAME, path of the file that holds its value
    std::vector<std::string> secrets_from_env;  ///< NAME: the file is named by NAME_FILE
    std::vector<Directory> directories;
    std::vector<Template> templates;
    std::vector<WaitFor> wait_for;
    std::vector<SetupStep> setup;
    std::vector<Limit> limits;
    Security security;
};

/// What happens to one signal that the container gets: `to` = None drops it.
struct SignalRoute {
    Signal from{};
    Signal to{};
};

struct ServiceSpec {
    std::string name;
    std::string description;
    ServiceType type = ServiceType::Service;
    std::vector<std::string> command;
    std::vector<ServiceId> requires_;  ///< hard dependencies
    std::vector<ServiceId> after;      ///< order only
    Readiness ready;
    NotifyAccess notify_access = NotifyAccess::Main;
    bool is_essential = true;
    bool is_enabled = true;
    std::vector<int> success_codes{0};
    int unexpected_exit_code = 70;
    Signal stop_signal = base::kSigTerm;
    std::optional<Duration> stop_timeout;
    KillMode kill_mode = KillMode::Mixed;
    BeforeStop before_stop;
    std::vector<SignalRoute> signals;
    Signal reload_signal = base::kSigHup;
    RestartPolicy restart;
    HealthCheck health;
    std::optional<Duration> watchdog;  ///< WATCHDOG=1 has to come at least this often, once up
    std::vector<ListenSocket> listen;
    Schedule schedule;
    LogSettings log;
    /// The NAME of NAME.toml when `instances` made several services of it, else "".
    std::string template_name;
    ChildSpec child;
};

enum class Mode { Command, Service };

/// What only command mode has (`pidone -- PROGRAM`, and the personas).
struct CommandSettings {
    bool signals_group = false;  ///< forward to the process group instead of the process (-g)
    std::vector<SignalRoute> rewrites;       ///< -r; identity where a signal is not named
    std::vector<std::pair<int, int>> remap;  ///< -e CODE[:CODE]
    std::optional<Duration>
        stop_timeout;  ///< KILL that long after a TERM, INT or QUIT was forwarded; none = never
    Duration kill_grace{2000};   ///< for what is left when the program has ended; 0 = kill at once
    bool warns_on_reap = false;  ///< -w
    bool new_session = false;    ///< dumb-init's way: the program leads a session of its own
    /// A persona's own exit code for a program that cannot be executed; none = 127 or 126.
    std::optional<int> exec_failure_code;
    bool is_pause = false;  ///< catatonit -P: no program, reap until TERM or INT
};

enum class LogFormat { Text, Json };

/// Everything a run needs. In command mode `services` holds exactly one synthetic service (none for
/// a pause).
struct Spec {
    Mode mode = Mode::Service;
    std::vector<ServiceSpec> services;
    Duration shutdown_timeout{8000};  ///< the one budget of service mode
    Duration linger{2000};
    LogFormat log_format = LogFormat::Text;
    std::string control = "/run/pidone/control";  ///< "" = no control socket
    bool reloads_on_hup = false;                  ///< HUP re-reads the files
    CommandSettings command;
};

}  // namespace core
