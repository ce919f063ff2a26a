// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "base/duration.hpp"
#include "base/result.hpp"

namespace sys {

/// One read(2) of at most `size` bytes; 0 is the end of file. EAGAIN on an empty non-blocking
/// descriptor. Repeats after EINTR. Allocation-free.
[[nodiscard]] base::Result<std::size_t> read_some(int fd, void* buffer, std::size_t size) noexcept;

/// Waits for `events` of poll(2) on `fd`: 0, ETIMEDOUT at `deadline`, or the errno of failure. For
/// children and clients: it blocks.
[[nodiscard]] int wait_for_events(int fd, short events, base::Instant deadline) noexcept;

}  // namespace sys
