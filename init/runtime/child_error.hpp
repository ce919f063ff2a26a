// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/exit_status.hpp"
#include "base/result.hpp"
#include "log/log.hpp"
#include "runtime/child.hpp"

namespace runtime {

/// Why a child cannot go on; what becomes a StartFailure.
struct ChildError {
    Stage stage = Stage::Execute;
    int exit_code = base::kExitSystem;
    int error_number = 0;
    std::string text;
};

template <class T>
using ChildResult = base::Result<T, ChildError>;

/// The failing side of a ChildResult.
[[nodiscard]] base::unexpected<ChildError> fail(Stage stage, int exit_code, int error_number,
                                                std::string text);

/// The same in its fixed size; a text that is too long is cut.
[[nodiscard]] StartFailure to_failure(const ChildError& error);

/// Tells PID 1 through `status_fd` what the set-up is at now.
void announce_step(int status_fd, Stage stage, const std::string& text);

/// Tells PID 1 through `status_fd` that nothing but the execve is left.
void announce_execute(int status_fd);

/// Writes the failure to `status_fd` (or, when that is -1, to standard error as a line about
/// `service`) and ends the process with its exit code.
[[noreturn]] void give_up(int status_fd, const std::string& service, const ChildError& error);

/// How say() writes; PID 1 sets it for its children.
void set_line_format(logging::Format format);

/// Writes one line about `service` to standard error.
void say(const std::string& service, logging::Severity severity, const std::string& text);

}  // namespace runtime
