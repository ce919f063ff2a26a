// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "control/client.hpp"

/// How the clients word what PID 1 told them. Pure but for has_colour().
namespace cli {

/// What the processes of one service use.
struct Usage {
    bool is_known = false;
    std::uint64_t bytes = 0;  ///< resident; what processes share counts once for each of them
    base::Duration cpu{0};    ///< since the start of the processes
    std::optional<std::int64_t> permille{};  ///< of one core, since the last look
};

/// How a table is to look.
struct Style {
    std::size_t width = 0;   ///< of the terminal; 0 = as wide as it gets
    std::size_t height = 0;  ///< lines, the last of which tells what did not fit; 0 = all
    bool has_colour = false;
};

/// Whether colour is wanted: NO_COLOR is not set (or empty).
[[nodiscard]] bool has_colour();

/// "command" or "service".
[[nodiscard]] std::string_view mode_text(control::Mode mode);

/// One line without its newline, for docker's health log: "healthy", "starting: wordpress (setup)".
[[nodiscard]] std::string health_line(const control::HealthReply& reply);

/// The table of `pidone status`. A narrow terminal costs it columns, the least important first.
/// `usages` are those of the services.
[[nodiscard]] std::string status_table(const control::Client::Status& status,
                                       std::span<const Usage> usages, const Style& style);

/// One JSON object and a newline. Times are seconds with three decimals, what is not known is null.
[[nodiscard]] std::string status_json(const control::Client::Status& status,
                                      std::span<const Usage> usages);

/// `text` as a JSON string, quotes included (RFC 8259); bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

/// `text` with a '?' for each character that a terminal would obey, and each byte of none.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace cli
