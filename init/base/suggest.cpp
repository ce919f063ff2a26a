// SPDX-License-Identifier: MIT
#include "base/suggest.hpp"

#include <algorithm>
#include <vector>

namespace base {
namespace {

// Optimal string alignment: insert, delete, replace, or swap two neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
    const std::size_t columns = b.size() + 1;
    std::vector<std::size_t> cells((a.size() + 1) * columns);
    const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
        return cells[i * columns + j];
    };
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                at(i, j) = i + j;
                continue;
            }
            const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
            }
        }
    }
    return cells.back();
}

}  // namespace

std::string_view suggest(std::string_view word, std::span<const std::string_view> candidates) {
    // A key of a service file has at most 20 letters; longer words are not typing slips.
    if (word.size() > 64) {
        return {};
    }
    std::string_view best;
    std::size_t best_distance = 3;
    for (const auto candidate : candidates) {
        const auto d = distance(word, candidate);
        if (d < best_distance && d * 2 < std::max(word.size(), candidate.size())) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

}  // namespace base
