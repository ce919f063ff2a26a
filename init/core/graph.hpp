// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "core/spec.hpp"

namespace core {

/// Who comes before whom: the edges `requires` and `after` of a set of services, indexed both ways.
/// Everything is computed in the constructor.
class Graph {
  public:
    explicit Graph(std::span<const ServiceSpec> services);

    /// Every service once, each behind all it requires or comes after; among equals in the order of
    /// the Spec. Members of a cycle come last.
    [[nodiscard]] std::span<const ServiceId> order() const { return order_; }

    /// The services that require `id` or come after it, directly.
    [[nodiscard]] std::span<const ServiceId> dependents(ServiceId id) const;

  private:
    std::vector<ServiceId> order_;
    std::vector<ServiceId> dependents_;  // of service 0, then of service 1, ...
    std::vector<std::size_t> first_;     // index in dependents_; one entry more than services
};

/// The shortest cycle of `requires` and `after` edges as a path a -> b -> ... in which each needs
/// the next and the last needs the first; empty when there is none. The loader refuses what has
/// one.
[[nodiscard]] std::vector<ServiceId> find_cycle(std::span<const ServiceSpec> services);

}  // namespace core
