// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/duration.hpp"
#include "sys/dns_message.hpp"

namespace sys {

/// One address to connect to, with its port.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

/// Whom to ask, and for how long (resolv.conf(5)).
struct DnsServers {
    std::vector<SocketAddress> addresses;
    int attempts = 2;               ///< rounds over all servers
    base::Duration timeout{5'000};  ///< for one answer
};

enum class DnsVerdict {
    Found,     ///< there are addresses
    NoName,    ///< no such name, or it has no address
    NoAnswer,  ///< no server could tell
};

/// Asks the servers one after another for the IPv4 and IPv6 addresses of the full name `name`, by
/// UDP, and by TCP what does not fit. It blocks until `deadline` at most, and allocates.
[[nodiscard]] DnsVerdict ask_dns(const std::string& name, const DnsServers& servers,
                                 base::Instant deadline, std::vector<DnsAddress>& addresses);

}  // namespace sys
