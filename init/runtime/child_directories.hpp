// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/spec.hpp"
#include "runtime/child_error.hpp"
#include "sys/users.hpp"

namespace runtime {

/// Makes the `directories` of a service. Without `owner` a new one belongs to `user`, and one that
/// exists keeps its owner. Of what is already right nothing is touched.
[[nodiscard]] ChildResult<void> make_directories(const core::ChildSpec& spec,
                                                 const std::optional<sys::User>& user);

}  // namespace runtime
