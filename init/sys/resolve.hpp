// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "sys/dns_client.hpp"
#include "sys/probe.hpp"

namespace sys {

/// What is read for a lookup; tests bring their own.
struct ResolverFiles {
    std::string hosts = "/etc/hosts";
    std::string servers = "/etc/resolv.conf";
    std::uint16_t port = 53;  ///< of the name servers
};

/// The addresses of `host` in the text of a hosts(5) file, in its order, with `port`.
[[nodiscard]] std::vector<SocketAddress> find_in_hosts(std::string_view text, std::string_view host,
                                                       std::uint16_t port);

/// A resolv.conf(5): nameserver (three at most), search or domain, and of the options ndots,
/// timeout and attempts. The rest is passed over.
struct ResolverSettings {
    DnsServers servers;
    std::vector<std::string> search;
    int dots = 1;  ///< a name with as many is tried as it is first
};
[[nodiscard]] ResolverSettings parse_resolver_settings(std::string_view text, std::uint16_t port);

/// All stream addresses of `host`, in the order to try them; those that no route leads to are left
/// out while there is another. A literal address is taken as it is; a name is looked for in
/// /etc/hosts, then by DNS as /etc/resolv.conf says. nsswitch.conf(5) is not read: its modules are
/// shared libraries, and pidone needs none (getaddrinfo(3) would load them). It blocks until
/// `deadline` at most, and allocates.
[[nodiscard]] base::Result<std::vector<SocketAddress>, ProbeFailure> resolve(
    const std::string& host, std::uint16_t port, base::Instant deadline,
    const ResolverFiles& files = {});

/// The address without its port, as a literal: "10.0.0.1", "fd00::1".
[[nodiscard]] std::string host_of(const SocketAddress& address);

}  // namespace sys
