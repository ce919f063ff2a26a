// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "control/client.hpp"

namespace cli {

/// Writes a result to standard output. Gives 0 back, or 1 after saying that it could not.
int print(std::string_view text);

/// Writes `text` to standard error as it is.
void print_error(std::string_view text);

/// Writes "pidone: MESSAGE" to standard error and gives `exit_code` back.
[[nodiscard]] int complain(const std::string& message, int exit_code);

/// The same for a client that got no answer; its exit code is 1, because to a HEALTHCHECK a PID 1
/// that does not answer is not healthy.
[[nodiscard]] int complain(const control::ClientError& error);

}  // namespace cli
