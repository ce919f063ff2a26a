// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/spec.hpp"
#include "runtime/child_error.hpp"
#include "sys/users.hpp"

namespace runtime {

/// Makes the `directories` of `service`. Without `owner` a new one belongs to `user`, and one that
/// exists keeps its owner, and its mode when it is somebody else's. Of what is already right
/// nothing is touched.
[[nodiscard]] ChildResult<void> make_directories(const core::ServiceSpec& service,
                                                 const std::optional<sys::User>& user);

}  // namespace runtime
