// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "core/spec.hpp"
#include "runtime/child_error.hpp"
#include "sys/users.hpp"

namespace runtime {

/// What this process is to be: the service, or a command that is run on its behalf. The latter may
/// be what makes the working directory, so it does without, and is silent about comfort.
enum class Role { Service, Helper };

/// Makes this process what the service is: limits, nice and OOM score, umask, user and
/// capabilities, working directory, no-new-privileges. What already holds is left alone; what
/// cannot be had and matters for safety is an error that names the remedy. oom-score-adj and nice
/// are only comfort: a line about `service`, and on it goes.
[[nodiscard]] ChildResult<void> become_service(const core::ServiceSpec& service,
                                               const std::optional<sys::User>& user, Role role);

}  // namespace runtime
