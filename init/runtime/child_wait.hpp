// SPDX-License-Identifier: MIT
#pragma once

#include "core/spec.hpp"
#include "runtime/child_error.hpp"

namespace runtime {

/// Waits until each `wait-for` of `service` answers, one after the other, and tells PID 1 through
/// `status_fd` which. Says once what it is still waiting for when that takes 5 seconds.
[[nodiscard]] ChildResult<void> wait_for_endpoints(const core::ServiceSpec& service, int status_fd);

}  // namespace runtime
