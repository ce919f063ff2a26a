// SPDX-License-Identifier: MIT
#include "base/exit_status.hpp"

namespace base {

std::string to_string(const ExitStatus& status) {
    if (!status.was_killed()) {
        return "exited with status " + std::to_string(status.code());
    }
    return "killed by " + to_string(status.signal()) +
           (status.dumped_core() ? " (core dumped)" : "");
}

}  // namespace base
