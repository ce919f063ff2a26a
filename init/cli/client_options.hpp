// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"

namespace cli {

/// What `healthcheck` and `status` were told on their command line.
struct ClientOptions {
    std::optional<base::Duration> wait;   ///< --wait; healthcheck only
    std::optional<std::string> control;   ///< --control: the socket, when it was named
    bool is_json = false;                 ///< --json; status only
    bool is_help = false;                 ///< -h, --help
    std::vector<std::string> services{};  ///< healthcheck only; none means the container
};

/// Read the words after the name of the sub-command. The error is one line for people.
[[nodiscard]] base::Result<ClientOptions, std::string> parse_healthcheck_options(
    std::span<const std::string> args);
[[nodiscard]] base::Result<ClientOptions, std::string> parse_status_options(
    std::span<const std::string> args);

/// The socket that was named: `option`, else PIDONE_CONTROL, else nothing.
[[nodiscard]] std::optional<std::string> named_control(const ClientOptions& options);

}  // namespace cli
