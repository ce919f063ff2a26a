// SPDX-License-Identifier: MIT
#include "base/exit_status.hpp"

namespace base {

Text to_string(const ExitStatus& status) {
    if (!status.was_killed()) {
        return Text{"exited with status "}.append(status.code());
    }
    auto text = Text{"killed by "}.append(to_string(status.signal()));
    return status.dumped_core() ? text.append(" (core dumped)") : text;
}

}  // namespace base
