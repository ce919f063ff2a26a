// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// As much of HTTP/1.1 (RFC 9110, 9112) as `pidone exporter` speaks: one request for one page, then
/// the connection ends. Pure.
namespace cli {

/// The two forms of a page of metrics.
enum class MetricsFormat {
    Text,         ///< Prometheus' text format 0.0.4, for whoever does not ask for another
    OpenMetrics,  ///< OpenMetrics 1.0.0
};

/// The longest request line, and the longest request up to the empty line at its end.
inline constexpr std::size_t kMaxRequestLine = 2048;
inline constexpr std::size_t kMaxRequest = 8192;

/// What a request is answered with.
struct HttpAnswer {
    int status = 200;      ///< 200, 400, 404, 405, 414, 431 or 505
    bool is_head = false;  ///< without the body
    MetricsFormat format = MetricsFormat::Text;

    friend bool operator==(const HttpAnswer&, const HttpAnswer&) = default;
};

/// Judges what has come of a request; empty while its end is missing and nothing is wrong with it
/// so far. What follows the empty line is not looked at.
[[nodiscard]] std::optional<HttpAnswer> judge_request(std::string_view received);

/// Which form the values of the Accept header ask for (RFC 9110, 12.5.1), joined by commas.
[[nodiscard]] MetricsFormat negotiate(std::string_view accept);

/// The answer on the wire; `page` is the body of a 200, other answers have one line as theirs.
[[nodiscard]] std::string http_response(const HttpAnswer& answer, std::string_view page);

}  // namespace cli
