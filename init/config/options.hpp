// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_status.hpp"
#include "base/result.hpp"
#include "config/environment.hpp"
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
    std::string text;       ///< Action::Print, ends with a newline
    bool text_to_stderr = false;  ///< dumb-init prints its help and version there
};

/// A wrong command line: the message (first line) and what to do instead. The exit code is 64 but
/// for personas, which have their own.
struct UsageError {
    std::string message;
    int exit_code = base::kExitUsage;
    std::string_view persona = "pidone";  ///< the name the message starts with
};

/// Reads the command line of the persona that argv[0] names: its own options and variables, and
/// pidone's PIDONE_* variables, which work in every persona (`docker run --init` passes no option).
/// An option wins over a variable.
[[nodiscard]] base::Result<Options, UsageError> parse_command_line(
    const std::vector<std::string>& argv, const Environment& environment);

}  // namespace config
