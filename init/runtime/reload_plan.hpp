// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/event.hpp"

namespace runtime {

/// What another Spec means for the present one. Pure.
struct ReloadPlan {
    std::vector<core::Successor> from;  ///< of each service of the other Spec
    std::vector<core::ServiceId>
        replaced;                      ///< services of the present one that changed or are gone
    std::string changed, added, gone;  ///< names, separated by ", "
    std::string settings;              ///< keys of pidone.toml that changed
    std::size_t unchanged = 0;

    [[nodiscard]] bool is_empty() const {
        return replaced.empty() && added.empty() && settings.empty();
    }
    /// "web changed, cache new, old gone, linger set; 3 unchanged".
    [[nodiscard]] std::string summary() const;
};

[[nodiscard]] ReloadPlan plan_reload(const core::Spec& present, const core::Spec& next);

/// How many descriptors PID 1 needs at most for the services of `spec`.
[[nodiscard]] std::uint64_t descriptors_for(const core::Spec& spec);

/// How many of them the loop watches.
[[nodiscard]] std::size_t slots_for(const core::Spec& spec);

/// Whether a service speaks to a notification socket.
[[nodiscard]] bool has_notify_socket(const core::ServiceSpec& service);

}  // namespace runtime
