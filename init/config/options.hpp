// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_status.hpp"
#include "base/result.hpp"
#include "core/spec.hpp"

namespace config {

/// What the command line asked for, whichever persona parsed it. Values only: nothing was opened,
/// printed or run.
struct Options {
    enum class Action {
        RunCommand,  ///< command mode with `program` and `settings`
        RunService,  ///< service mode with the directories in `paths`
        SubCommand,  ///< one of the client commands; `program` = its name and its arguments
        Print,       ///< print `text` to standard output and exit 0 (help, version, license)
    };
    Action action = Action::RunCommand;
    std::vector<std::string> program;
    std::vector<std::string> paths;  ///< -c, in order; never empty for RunService
    core::CommandSettings settings;
    bool is_subreaper = false;  ///< -s; automatic when not PID 1 (see `persona`)
    core::Signal parent_death_signal{};
    int verbosity = 1;                    ///< 0 = -q (errors only), 1 = normal, 2 and more = debug
    std::string_view persona = "pidone";  ///< the name messages start with

    std::optional<int>
        exec_failure_code;  ///< what the persona exits with when the program cannot be executed
    std::string text;
};

/// A wrong command line: the message (first line) and what to do instead. The exit code is 64 but
/// for personas, which have their own.
struct UsageError {
    std::string message;
    int exit_code = base::kExitUsage;
};

/// Reads the command line of the persona that argv[0] names. `environment` answers a variable's
/// value or nothing; it is asked for the PIDONE_*, TINI_*, DUMB_INIT_* and CATATONIT_* variables
/// only.
class Environment {
  public:
    virtual ~Environment() = default;
    [[nodiscard]] virtual std::optional<std::string_view> get(std::string_view name) const = 0;
};

[[nodiscard]] base::Result<Options, UsageError> parse_command_line(
    const std::vector<std::string>& argv, const Environment& environment);

}  // namespace config
