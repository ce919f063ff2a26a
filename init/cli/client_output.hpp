// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "control/client.hpp"

namespace cli {

/// Writes a result to standard output. Gives 0 back, or 1 after saying that it could not.
int print(std::string_view text);

/// `text`, which may quote what a user typed and what a service said, line by line without what a
/// terminal would obey.
[[nodiscard]] std::string printable_lines(std::string_view text);

/// Writes the printable_lines() of `text` to standard error.
void print_error(std::string_view text);

/// Writes "pidone: MESSAGE" to standard error and gives `exit_code` back.
[[nodiscard]] int complain(const std::string& message, int exit_code);

/// The same for a client that got no answer; its exit code is 1, because to a HEALTHCHECK a PID 1
/// that does not answer is not healthy.
[[nodiscard]] int complain(const control::ClientError& error);

}  // namespace cli
