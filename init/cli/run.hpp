// SPDX-License-Identifier: MIT
#pragma once

#include "config/options.hpp"

namespace cli {

/// `pidone -- PROGRAM`, `pidone run`, and every persona: becomes the init of what runs below, until
/// that has ended. Returns the exit code of the container: 78 when a configuration is wrong
/// (nothing was started then), 71 when the system fails.
[[nodiscard]] int run_init(const config::Options& options);

}  // namespace cli
