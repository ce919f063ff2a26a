// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/outcome.hpp"

namespace cli {

/// A service that a client waits for.
struct Followed {
    std::string name;
    std::optional<base::Duration> last_spawn;  ///< of the run before a restart was asked for
    bool is_over = false;
};

/// Waits until each service has reached `goal` or cannot any more, `timeout` at most (none: for
/// ever), and says a line about each: to standard output, or as a complaint. Gives 0, or 1 when one
/// of them failed or was not in time.
[[nodiscard]] int follow(control::Client& client, Goal goal, std::vector<Followed>& services,
                         std::optional<base::Duration> timeout);

}  // namespace cli
