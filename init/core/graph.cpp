// SPDX-License-Identifier: MIT
#include "core/graph.hpp"

#include <algorithm>
#include <array>

namespace core {

namespace {

/// Calls `visit` with every service that `spec` needs before it.
template <class Visit>
void for_each_edge(const ServiceSpec& spec, Visit visit) {
    const std::array<const std::vector<ServiceId>*, 2> kinds{&spec.requires_, &spec.after};
    for (const auto* edges : kinds) {
        for (const ServiceId id : *edges) {
            visit(id);
        }
    }
}

ServiceId id_of(std::size_t position) {
    return static_cast<ServiceId>(position);
}

/// The shortest way from `start` along the edges back to itself (breadth first).
std::vector<ServiceId> cycle_through(std::span<const ServiceSpec> services, std::size_t start) {
    std::vector<ServiceId> parent(services.size(), kNoService);
    std::vector<ServiceId> queue{id_of(start)};
    for (std::size_t head = 0; head < queue.size(); ++head) {
        const ServiceId at = queue[head];
        bool is_closed = false;
        for_each_edge(services[index(at)], [&](ServiceId next) {
            if (index(next) == start) {
                is_closed = true;
            } else if (parent[index(next)] == kNoService) {
                parent[index(next)] = at;
                queue.push_back(next);
            }
        });
        if (is_closed) {
            std::vector<ServiceId> path;
            for (ServiceId step = at; step != kNoService; step = parent[index(step)]) {
                path.push_back(step);
            }
            std::reverse(path.begin(), path.end());
            return path;
        }
    }
    return {};
}

}  // namespace

Graph::Graph(std::span<const ServiceSpec> services) {
    const std::size_t count = services.size();
    first_.assign(count + 1, 0);
    std::vector<std::size_t> missing(count, 0);
    for (std::size_t from = 0; from < count; ++from) {
        for_each_edge(services[from], [&](ServiceId to) {
            ++first_[index(to) + 1];
            ++missing[from];
        });
    }
    for (std::size_t i = 0; i < count; ++i) {
        first_[i + 1] += first_[i];
    }
    dependents_.resize(first_[count], kNoService);
    std::vector<std::size_t> next{first_};
    for (std::size_t from = 0; from < count; ++from) {
        for_each_edge(services[from],
                      [&](ServiceId to) { dependents_[next[index(to)]++] = id_of(from); });
    }

    std::vector<bool> is_placed(count, false);
    order_.reserve(count);
    for (bool has_moved = true; has_moved;) {
        has_moved = false;
        for (std::size_t i = 0; i < count; ++i) {
            if (is_placed[i] || missing[i] != 0) {
                continue;
            }
            is_placed[i] = has_moved = true;
            order_.push_back(id_of(i));
            for (const ServiceId dependent : dependents(id_of(i))) {
                --missing[index(dependent)];
            }
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_placed[i]) {
            order_.push_back(id_of(i));
        }
    }
}

std::span<const ServiceId> Graph::dependents(ServiceId id) const {
    return std::span{dependents_}.subspan(first_[index(id)],
                                          first_[index(id) + 1] - first_[index(id)]);
}

std::vector<ServiceId> find_cycle(std::span<const ServiceSpec> services) {
    std::vector<ServiceId> shortest;
    for (std::size_t start = 0; start < services.size(); ++start) {
        std::vector<ServiceId> path = cycle_through(services, start);
        if (!path.empty() && (shortest.empty() || path.size() < shortest.size())) {
            shortest = std::move(path);
        }
    }
    return shortest;
}

}  // namespace core
