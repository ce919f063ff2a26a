// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/endpoint.hpp"
#include "base/result.hpp"

namespace cli {

/// What `pidone probe` was told: either endpoints or a command.
struct ProbeOptions {
    std::vector<base::Endpoint> endpoints{};
    std::vector<std::string> command{};     ///< `probe exec -- CMD...`
    std::optional<base::Duration> timeout;  ///< --timeout; none = for ever
    base::Duration interval{100};           ///< --interval; between two tries
    bool is_help = false;
};

/// Reads the words after "probe"; options may stand anywhere before "--". The error is one line for
/// people.
[[nodiscard]] base::Result<ProbeOptions, std::string> parse_probe_options(
    std::span<const std::string> args);

}  // namespace cli
