// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/result.hpp"
#include "sys/fd.hpp"

/// The table of descriptors as a whole. Allocation-free.
namespace sys {

/// Closes every descriptor from `first` on but those in `keep` (sorted ascending). By
/// close_range(2); where that is missing or filtered (ENOSYS, EPERM) by /proc/self/fd, and without
/// /proc one by one up to RLIMIT_NOFILE.
void close_from(int first, std::span<const int> keep = {}) noexcept;

/// Marks every descriptor from `first` on close-on-exec, by the same three ways.
void cloexec_from(int first) noexcept;

/// Opens /dev/null for each of 0, 1 and 2 that is closed, so that no other descriptor lands there.
/// Returns which were closed; command mode hands them on closed. Without /dev/null a pipe's ends
/// or the root directory take the place.
[[nodiscard]] std::array<bool, 3> ensure_standard_descriptors() noexcept;

/// /dev/null for writing; none where there is no such device.
[[nodiscard]] UniqueFd open_null() noexcept;

/// What make_output_openable() did.
enum class Openable { Already, Changed, NotNeeded };

/// Lets user `uid` open standard output or error `fd` by name ("/dev/stdout"): a pipe that belongs
/// to this user is given to `uid` by fchown, another one is made 0622 by fchmod. Anything but a
/// pipe or FIFO is NotNeeded. Call it before privileges drop.
[[nodiscard]] base::Result<Openable> make_output_openable(int fd, std::uint32_t uid) noexcept;

/// Raises the soft limit of descriptors to the hard one, at most to `wanted`. Returns the soft
/// limit now in force.
[[nodiscard]] std::uint64_t raise_nofile(std::uint64_t wanted) noexcept;

/// Undoes raise_nofile(), for a child: the higher limit is PID 1's own need.
void restore_nofile() noexcept;

}  // namespace sys
