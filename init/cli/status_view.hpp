// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "control/client.hpp"

/// How the clients word what PID 1 told them. Pure.
namespace cli {

/// One line without its newline, for docker's health log: "healthy", "starting: wordpress (setup)".
[[nodiscard]] std::string health_line(const control::HealthReply& reply);

/// The table of `pidone status`, control characters of the services replaced by '?'.
[[nodiscard]] std::string status_table(const control::Client::Status& status);

/// One JSON object and a newline. Times are seconds with three decimals, what is not known is null.
[[nodiscard]] std::string status_json(const control::Client::Status& status);

/// `text` as a JSON string, quotes included (RFC 8259); bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace cli
