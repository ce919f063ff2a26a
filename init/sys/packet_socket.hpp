// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

#include "base/result.hpp"
#include "sys/fd.hpp"

/// Packets of a SOCK_SEQPACKET socket (unix(7)): one call is one packet. Allocation-free; SIGPIPE
/// is never raised.
namespace sys {

/// Sends one packet. On a non-blocking socket EAGAIN means that the peer does not read.
[[nodiscard]] base::Result<void> send_packet(int fd, std::span<const std::byte> packet) noexcept;

/// Receives one packet into `buffer` and returns its true size, which exceeds the buffer's when
/// the packet was cut; 0 when the peer hung up. EAGAIN when nothing is there (non-blocking), or
/// nothing came in time (blocking). EINTR is retried.
[[nodiscard]] base::Result<std::size_t> receive_packet(int fd,
                                                       std::span<std::byte> buffer) noexcept;

/// A second, close-on-exec descriptor for what `fd` is.
[[nodiscard]] base::Result<UniqueFd> duplicate(int fd) noexcept;

}  // namespace sys
