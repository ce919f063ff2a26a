// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "base/signal.hpp"

namespace cli {

/// What a sub-command that speaks to PID 1 (and `graph`, which does not) was told. Which of these
/// a command takes is in one table in the .cpp.
struct ClientOptions {
    std::optional<base::Duration> wait;     ///< --wait
    std::optional<base::Duration> timeout;  ///< --timeout; none = for ever
    std::optional<std::string> control;     ///< --control: the socket, when it was named
    bool is_json = false;                   ///< --json
    bool is_watch = false;                  ///< --watch
    bool is_no_wait = false;                ///< --no-wait
    bool is_help = false;                   ///< -h, --help
    std::string goal;                       ///< --for: "ready", "done" or "stopped"
    std::string format = "text";            ///< --format: "text", "dot" or "mermaid"
    std::vector<std::string> paths{};       ///< -c
    base::Signal signal{};                  ///< the SIG of `signal SIG SERVICE...`
    std::vector<std::string> services{};
};

/// Reads the words behind the sub-command `command`. The error is one line for people.
[[nodiscard]] base::Result<ClientOptions, std::string> parse_client_options(
    std::string_view command, std::span<const std::string> words);

/// The socket that was named: by `option` (--control), else by PIDONE_CONTROL, else none.
[[nodiscard]] std::optional<std::string> named_control(const std::optional<std::string>& option);

}  // namespace cli
