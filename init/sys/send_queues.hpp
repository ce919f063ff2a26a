// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

/// What closed TCP connections of this network namespace still have to send: it dies with the
/// namespace. Allocation-free.
namespace sys {

/// Orphaned sockets (inode 0; FIN_WAIT1, CLOSING, LAST_ACK) with unacknowledged bytes.
struct SendQueues {
    std::uint32_t sockets = 0;
    std::uint64_t bytes = 0;
    /// Orphans that sent everything, but whose peer has not closed (FIN_WAIT2): a proxy in between
    /// may still be handing the bytes on.
    std::uint32_t unclosed = 0;

    friend bool operator==(const SendQueues&, const SendQueues&) = default;
};

/// Adds one line of /proc/net/tcp or tcp6 to `queues`, if it is such a socket. Pure.
void count_tcp_line(std::string_view line, SendQueues& queues) noexcept;

/// Reads /proc/net/tcp and tcp6. ENOENT without /proc; a kernel without IPv6 is fine.
[[nodiscard]] base::Result<SendQueues> read_send_queues() noexcept;

/// Whether this is the network namespace that the kernel booted with.
enum class NetworkNamespace { Own, Host, Unknown };

/// Asks by a sysctl that the kernel registers in the initial namespace only
/// (net.core.netdev_max_backlog), which needs no privilege and no number that differs between
/// kernels. Unknown without /proc/sys/net. A pod shared by several containers is Own. In a virtual
/// machine per container (Kata) it may be Host, and only the linger is lost.
[[nodiscard]] NetworkNamespace network_namespace() noexcept;

}  // namespace sys
