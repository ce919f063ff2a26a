// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sys/fd.hpp"

/// A file without a path (memfd_create(2)), for what a child hands back when it ends.
namespace sys {

/// An empty one, close-on-exec; `name` shows in /proc/PID/fd.
[[nodiscard]] base::Result<UniqueFd> memory_file(const char* name) noexcept;

/// Writes all of `text` to `fd`; false when it does not take it.
[[nodiscard]] bool write_all(int fd, std::string_view text) noexcept;

/// All that is in the file, from its begin; "" when it cannot be read. It allocates.
[[nodiscard]] std::string read_memory_file(int fd);

}  // namespace sys
