// SPDX-License-Identifier: MIT
#include "core/backoff.hpp"

#include <algorithm>

namespace core {

Duration backoff_delay(const RestartPolicy& policy, int attempt, std::uint64_t random) {
    Duration delay = policy.delay;
    for (int i = 1; i < attempt && delay < policy.max_delay && delay > Duration::zero(); ++i) {
        delay *= 2;
    }
    delay = std::min(delay, policy.max_delay);
    const std::int64_t width = delay.count() * policy.jitter_permille / 1000;
    if (random == 0 || width == 0) {
        return delay;
    }
    const auto choices = 2 * static_cast<std::uint64_t>(width) + 1;
    const Duration offset{static_cast<std::int64_t>(random % choices) - width};
    return std::max(delay + offset, Duration::zero());
}

std::uint64_t JitterSource::next() {
    if (is_silent_) {
        return 0;
    }
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

}  // namespace core
