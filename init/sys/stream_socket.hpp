// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <string_view>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "sys/fd.hpp"

/// What the ends of a stream socket need besides accept_client() and read_some(). Allocation-free;
/// SIGPIPE is never raised.
namespace sys {

/// A socket of `type` that is connected to `address`, and non-blocking. ETIMEDOUT at `deadline`.
/// For children and clients: it blocks.
[[nodiscard]] base::Result<UniqueFd> connect_to(const sockaddr* address, socklen_t length, int type,
                                                base::Instant deadline) noexcept;

/// Makes reads, writes and accepts on `fd` return EAGAIN where they would wait.
[[nodiscard]] base::Result<void> set_non_blocking(int fd) noexcept;

/// Sends what the socket takes of `text`; the count. EAGAIN when it takes nothing now.
[[nodiscard]] base::Result<std::size_t> send_some(int fd, std::string_view text) noexcept;

/// Says that nothing more will be sent; the other side can still talk.
void finish_sending(int fd) noexcept;

}  // namespace sys
