// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace cli {

/// Whether `cmdline`, the text of /proc/1/cmdline, is a pidone in command mode. Such a PID 1 has no
/// control socket, because a program alone has no health that anybody could ask for. Pure.
[[nodiscard]] bool is_command_mode(std::string_view cmdline);

/// The same, of this container's PID 1. False without /proc.
[[nodiscard]] bool init_is_in_command_mode();

}  // namespace cli
