// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include "base/result.hpp"
#include "control/snapshot.hpp"

/// The replies of PID 1 out of what it knows. Pure, allocation-free.
namespace control {

/// The services a request is about; none means the container.
struct Subject {
    struct Entry {
        std::uint32_t service = 0;     ///< its index
        bool means_instances = false;  ///< and with it all that come from the same file

        [[nodiscard]] bool covers(std::size_t index, std::span<const ServiceView> services) const;
    };
    std::array<Entry, kMaxNames> entries{};
    std::size_t count = 0;

    /// Whether the service `index` is one of them.
    [[nodiscard]] bool covers(std::size_t index, std::span<const ServiceView> services) const;
};

/// Finds the asked services by name; the failing side is the name that is none.
[[nodiscard]] base::Result<Subject, Name> resolve(const Request& request,
                                                  std::span<const ServiceView> services);

/// The one of two that decides about both: stopping, unhealthy, starting, healthy.
[[nodiscard]] Health worse(Health left, Health right);

[[nodiscard]] HealthReply health_reply(const Subject& subject, const Snapshot& snapshot);
[[nodiscard]] ServiceReply service_reply(const ServiceView& service, base::Instant started_at,
                                         base::Instant now);
/// The first packet of a page that starts with the service `first`.
[[nodiscard]] StatusReply status_reply(std::uint32_t first, const Snapshot& snapshot,
                                       base::Instant now);

}  // namespace control
