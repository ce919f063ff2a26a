// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "config/options.hpp"

namespace config {

using ParsedOptions = base::Result<Options, UsageError>;

/// `options` with the wish to print `text` and nothing else.
[[nodiscard]] Options print(Options options, std::string text);

// One parser per persona; `arguments` are the words after argv[0] and `options` comes with what
// the PIDONE_* variables and the persona's name set. Each only fills Options.

[[nodiscard]] ParsedOptions parse_tini(std::span<const std::string> arguments,
                                       const Environment& environment, Options options);
[[nodiscard]] ParsedOptions parse_dumb_init(std::span<const std::string> arguments,
                                            const Environment& environment, Options options);
[[nodiscard]] ParsedOptions parse_catatonit(std::span<const std::string> arguments,
                                            const Environment& environment, Options options);
[[nodiscard]] ParsedOptions parse_pidone(std::span<const std::string> arguments,
                                         const Environment& environment, Options options);

}  // namespace config
