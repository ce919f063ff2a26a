// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "base/duration.hpp"

namespace sys {

/// The present moment on CLOCK_MONOTONIC, in whole milliseconds. Allocation-free.
[[nodiscard]] base::Instant now() noexcept;

/// Milliseconds since 1970 in UTC (CLOCK_REALTIME), for JSON log lines. It may jump; nothing is
/// ever timed with it. Allocation-free.
[[nodiscard]] std::int64_t wall_clock() noexcept;

/// Sleeps that long, whatever signals arrive. For children and clients; PID 1 never calls it.
void sleep_for(base::Duration duration) noexcept;

}  // namespace sys
