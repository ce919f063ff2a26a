// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/text.hpp"

namespace base {

/// A length of time; whole milliseconds, which is what epoll_wait(2) counts in.
using Duration = std::chrono::milliseconds;

/// The clock of the whole program, CLOCK_MONOTONIC. It has no now(): time is a parameter, read
/// once per turn of the loop by `sys::now()`, so everything below the runtime can be simulated.
struct Clock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Clock>;
    // NOLINTNEXTLINE(readability-identifier-naming): the name that the standard gives a clock
    static constexpr bool is_steady = true;
};

/// A moment on `Clock`.
using Instant = Clock::time_point;

/// Reads a duration such as "1.5s", "200ms", "2m", "1h30m" or "1d". A bare "0" is zero, every other
/// number needs a unit (ms, s, m, h, d). Empty when the text is no duration, is negative or exceeds
/// ten years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

/// Writes a duration for people: "350ms", "2.5s", "1m30s", "3h12m", "4d2h". Two units at most.
[[nodiscard]] Text to_string(Duration duration);

}  // namespace base
