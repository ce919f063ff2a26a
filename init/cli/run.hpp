// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "config/options.hpp"

namespace cli {

/// `pidone -- PROGRAM`, `pidone run`, and every persona: becomes the init of what runs below, until
/// that has ended. Returns the exit code of the container: 78 when a configuration is wrong
/// (nothing was started then), 71 when the system fails.
[[nodiscard]] int run_init(const config::Options& options);

/// Writes why an init does not start to standard error. Where nobody reads, it waits a quarter of a
/// second and drops the rest: PID 1, deaf to every signal still, must not hang there.
void print_refusal(std::string_view refusal);

}  // namespace cli
