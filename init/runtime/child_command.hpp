// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/spec.hpp"
#include "runtime/child.hpp"
#include "runtime/child_error.hpp"

namespace runtime {

/// `entries` with LISTEN_PID naming `child` where it named `init`, so that socket activation goes
/// through to the program (sd_listen_fds(3)).
[[nodiscard]] std::vector<std::string> handed_on_environment(std::vector<std::string> entries,
                                                             int init, int child);

/// Command mode between fork and execve: process group or session, foreground, the signal mask and
/// the SIGCHLD disposition that pidone was started with. Returns only when execve failed.
[[nodiscard]] ChildError become_program(const core::ServiceSpec& service,
                                        const ChildContext& context);

}  // namespace runtime
