// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/exit_status.hpp"
#include "base/result.hpp"

namespace sys {

/// A command that is run to its end.
struct Invocation {
    std::vector<std::string> argv;         ///< argv[0] is looked up in PATH of `environment`
    std::vector<std::string> environment;  ///< "NAME=value", all of it
    std::string stdin_path;                ///< "" = /dev/null
    std::string working_directory;         ///< "" = unchanged
    std::optional<base::Duration> timeout;
    bool inherits_stdin = false;   ///< keep descriptor 0 instead
    bool discards_output = false;  ///< standard output and error to /dev/null
};

/// Runs it and waits. The signal mask, dispositions, session, group and ids are the caller's.
/// Errors: ENOENT and EACCES of the program (op "execve"), of stdin (op "open stdin"), of the
/// directory (op "chdir"); ETIMEDOUT (op "wait") after the process was killed. For children and
/// clients with no other child that wants SIGCHLD: it blocks and allocates.
[[nodiscard]] base::Result<base::ExitStatus> run_command(const Invocation& invocation);

/// Becomes the program: execve with `argv` and `environment` ("NAME=value"), the program looked up
/// in PATH of `environment`. Returns only when that failed; see find_program() for the errno.
[[nodiscard]] base::Errno execute(const std::vector<std::string>& argv,
                                  const std::vector<std::string>& environment);

}  // namespace sys
