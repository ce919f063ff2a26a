// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "log/pump_protocol.hpp"

namespace cli {

/// What `logs` was told on its command line.
struct LogsOptions {
    logging::LogRequest request{};
    std::optional<std::string> control{};  ///< --control: the control socket, when it was named
    bool has_timestamps = false;           ///< -t, --timestamps
    bool is_help = false;                  ///< -h, --help
};

/// Reads the words after the name of the sub-command. `now` is in milliseconds since 1970; a
/// duration after --since is counted back from it. The error is one line for people.
[[nodiscard]] base::Result<LogsOptions, std::string> parse_logs_options(
    std::span<const std::string> words, std::int64_t now);

}  // namespace cli
