// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

namespace cli {

// One function per sub-command; `args` are the words after its name. Each returns the exit code:
// 64 for wrong arguments, 71 when the system fails, else what its help says. They write results to
// standard output and complaints to standard error.

/// `pidone check [--no-root] [PATH...]`: 0, or 78 when anything is wrong.
[[nodiscard]] int run_check(std::span<const std::string> args);
/// `pidone show [-c PATH]... [SERVICE]`: effective settings as TOML, without a secret.
[[nodiscard]] int run_show(std::span<const std::string> args);
/// `pidone probe URL... [--timeout D]`: 0 when all answer, 1 when not.
[[nodiscard]] int run_probe(std::span<const std::string> args);
/// `pidone healthcheck [--wait D] [SERVICE...]`: 0 healthy, 1 not.
[[nodiscard]] int run_healthcheck(std::span<const std::string> args);
/// `pidone logs [-f] [-n N] [--since D|TIME] [SERVICE...]`: what services with log.keep wrote last.
[[nodiscard]] int run_logs(std::span<const std::string> args);
/// `pidone start|stop|restart SERVICE...`: 0 when each did, 1 when not.
[[nodiscard]] int run_start(std::span<const std::string> args);
[[nodiscard]] int run_stop(std::span<const std::string> args);
[[nodiscard]] int run_restart(std::span<const std::string> args);
/// `pidone reload SERVICE...`: its reload-signal.
[[nodiscard]] int run_reload(std::span<const std::string> args);
/// `pidone signal SIG SERVICE...`.
[[nodiscard]] int run_signal(std::span<const std::string> args);
/// `pidone wait SERVICE... --for ready|done|stopped`: 0 when each is, 1 when not.
[[nodiscard]] int run_wait(std::span<const std::string> args);
/// `pidone why SERVICE`: what holds it.
[[nodiscard]] int run_why(std::span<const std::string> args);
/// `pidone graph [-c PATH]...`: who needs whom.
[[nodiscard]] int run_graph(std::span<const std::string> args);
/// `pidone analyze`: where the time of the last start went.
[[nodiscard]] int run_analyze(std::span<const std::string> args);
/// `pidone status [--json] [--watch] [SERVICE...]`.
[[nodiscard]] int run_status(std::span<const std::string> args);
/// `pidone schema [--container]`: the JSON Schema of service files, or of pidone.toml.
[[nodiscard]] int run_schema(std::span<const std::string> args);
/// `pidone exporter [--listen ADDR]`: serves metrics until a signal ends it.
[[nodiscard]] int run_exporter(std::span<const std::string> args);
/// `pidone help [COMMAND]`.
[[nodiscard]] int run_help(std::span<const std::string> args);
/// `pidone version`.
[[nodiscard]] int run_version(std::span<const std::string> args);

}  // namespace cli
