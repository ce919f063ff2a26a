// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_status.hpp"
#include "core/spec.hpp"
#include "runtime/child_error.hpp"
#include "runtime/child_privileges.hpp"
#include "sys/users.hpp"

namespace runtime {

/// Why `program` could not be executed, with the exit code of a shell: 127 when it was not found,
/// else 126. `search_path` is the PATH that was searched.
[[nodiscard]] ChildError execution_error(const base::Errno& error, const std::string& program,
                                         std::string_view search_path);

/// Becomes the program; returns only when that failed.
[[nodiscard]] ChildError execute_program(const std::vector<std::string>& argv,
                                         const std::vector<std::string>& environment);

/// A command that a service's child runs on its behalf: a set-up step, a readiness command, a hook.
struct ServiceCommand {
    std::vector<std::string> argv;
    std::vector<std::string> environment;
    std::string stdin_path = {};  ///< "" = /dev/null
    bool discards_output = false;
};

/// Runs it to its end as the service would run, with its limits and as its user. The error is that
/// it could not be started.
[[nodiscard]] ChildResult<base::ExitStatus> run_as_service(const core::ServiceSpec& service,
                                                           const std::optional<sys::User>& user,
                                                           const ServiceCommand& command);

}  // namespace runtime
