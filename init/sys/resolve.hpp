// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "sys/probe.hpp"

namespace sys {

/// One address to connect to, with its port.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

/// All stream addresses of `host`, in the order to try them. A literal address is read here; a name
/// is looked up in a child process that is killed at `deadline`. It blocks, forks and allocates.
[[nodiscard]] base::Result<std::vector<SocketAddress>, ProbeFailure> resolve(
    const std::string& host, std::uint16_t port, base::Instant deadline);

}  // namespace sys
