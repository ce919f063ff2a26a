// SPDX-License-Identifier: MIT
#pragma once

#include "config/diagnostic.hpp"

namespace config {

/// Whether source `file` of `diagnostics` is a text that may go to the TOML parser: at most 1 MiB,
/// no NUL byte, valid UTF-8 (RFC 3629). The first thing wrong is in `diagnostics` then.
[[nodiscard]] bool check_text(int file, Diagnostics& diagnostics);

}  // namespace config
