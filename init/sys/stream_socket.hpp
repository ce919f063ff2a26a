// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"

/// What a server of stream sockets needs besides accept_client() and read_some(). Allocation-free;
/// SIGPIPE is never raised.
namespace sys {

/// Makes reads, writes and accepts on `fd` return EAGAIN where they would wait.
[[nodiscard]] base::Result<void> set_non_blocking(int fd) noexcept;

/// Sends what the socket takes of `text`; the count. EAGAIN when it takes nothing now.
[[nodiscard]] base::Result<std::size_t> send_some(int fd, std::string_view text) noexcept;

/// Says that nothing more will be sent; the other side can still talk.
void finish_sending(int fd) noexcept;

}  // namespace sys
