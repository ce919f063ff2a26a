// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/spec.hpp"
#include "runtime/child_environment.hpp"
#include "runtime/child_error.hpp"
#include "sys/users.hpp"

namespace runtime {

/// Renders the templates of a service, each in one step: nobody sees half a file, nor its content
/// under another mode or owner than the final one. Without `owner` it belongs to `user`.
[[nodiscard]] ChildResult<void> render_templates(const core::ChildSpec& spec,
                                                 const VariableTable& variables,
                                                 const std::optional<sys::User>& user);

}  // namespace runtime
