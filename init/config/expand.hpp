// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/environment.hpp"

namespace config {

/// Why a text cannot be expanded and where: `offset` counts bytes from its start.
struct ExpandError {
    std::size_t offset = 0;
    std::size_t length = 1;  ///< of the offending reference, for the caret
    std::string message;
    std::string hint;       ///< the remedy, or ""
    bool is_unset = false;  ///< the form is right, only the variable is missing
};

/// Expands `${VAR}`, `${VAR:-default}` (unset or empty) and `${VAR:?message}` (an error when unset
/// or empty); `$${` becomes a literal `${`, any other `$` stays. A default is expanded in its turn
/// where it is used, as in Compose: `${VAR:-${OTHER:-default}}`, at most 16 references in one
/// another. What a variable holds is not expanded again.
[[nodiscard]] base::Result<std::string, ExpandError> expand(std::string_view text,
                                                            const Environment& environment);

/// Whether `name` is a variable's name: a letter or `_`, then letters, digits and `_`.
[[nodiscard]] bool is_variable_name(std::string_view name);

}  // namespace config
