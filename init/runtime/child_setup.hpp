// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/spec.hpp"
#include "runtime/child_environment.hpp"
#include "runtime/child_error.hpp"
#include "sys/users.hpp"

namespace runtime {

/// The staging directory of `target`, beside it: "/srv/data" has "/srv/.data.pidone-staging".
[[nodiscard]] std::string staging_path(const std::string& target);

/// The words of `command` with every ${STAGING} replaced by `staging`.
[[nodiscard]] std::vector<std::string> with_staging(const std::vector<std::string>& command,
                                                    const std::string& staging);

/// Runs the set-up steps of `service` one after the other, each unless its guard says that it was
/// done, and tells PID 1 through `status_fd` which. A step that fails ends the start with the
/// step's own exit code.
[[nodiscard]] ChildResult<void> run_setup(const core::ServiceSpec& service,
                                          const VariableTable& variables,
                                          const std::optional<sys::User>& user, int status_fd);

}  // namespace runtime
