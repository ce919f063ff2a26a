// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "config/diagnostic.hpp"
#include "config/value.hpp"

namespace config {

/// Reads the TOML text that `diagnostics` holds as source `file`. Empty when it is no valid TOML,
/// no UTF-8, holds a NUL byte or is too large; the complaint is in `diagnostics` then. Only the
/// first mistake of syntax in a file is found.
[[nodiscard]] std::optional<Value> read_toml(int file, Diagnostics& diagnostics);

}  // namespace config
