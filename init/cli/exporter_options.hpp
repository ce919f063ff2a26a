// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/endpoint.hpp"
#include "base/result.hpp"

namespace cli {

/// Where the exporter listens unless told otherwise. Of the range that Prometheus' exporters share
/// (9100 to 9999) every port is given away, so it lies beyond.
inline constexpr std::string_view kExporterAddress = "127.0.0.1:10191";

/// What `pidone exporter` was told on its command line.
struct ExporterOptions {
    base::Endpoint listen;               ///< Tcp with an address, a name or, for every address,
                                         ///< "" as its host; or Unix
    std::optional<std::string> control;  ///< --control: the socket of PID 1, when it was named
    bool is_help = false;                ///< -h, --help
};

/// Reads the words after "exporter". The error is one line for people.
[[nodiscard]] base::Result<ExporterOptions, std::string> parse_exporter_options(
    std::span<const std::string> args);

/// Reads "ADDRESS:PORT", "[ADDRESS]:PORT", "NAME:PORT", ":PORT" or "unix:///PATH"; all but the last
/// may have "tcp://" in front.
[[nodiscard]] base::Result<base::Endpoint, std::string> parse_listen_address(std::string_view text);

}  // namespace cli
