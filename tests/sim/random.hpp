// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "base/duration.hpp"

namespace sim {

/// A reproducible stream of numbers from a seed (splitmix64): the same on every machine, which
/// the standard's distributions are not.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_{seed} {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }
    /// From `low` to `high`, both included.
    int between(int low, int high) {
        const auto width = static_cast<std::uint64_t>(high - low) + 1;
        return low + static_cast<int>(next() % width);
    }
    bool percent(int chance) { return between(1, 100) <= chance; }
    base::Duration time(int low, int high) { return base::Duration{between(low, high)}; }

  private:
    std::uint64_t state_;
};

}  // namespace sim
