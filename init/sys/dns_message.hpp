// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// The messages of DNS (RFC 1035) as far as a name wants its addresses. Pure; never trusts a byte.
namespace sys {

enum class DnsType : std::uint16_t { A = 1, Aaaa = 28 };

/// A question as it is sent: header and one entry, recursion desired.
using DnsQuery = std::vector<std::uint8_t>;

/// Empty when `name` cannot be asked for: an empty label, one of more than 63 bytes, or more than
/// 253 in all. One dot at its end is fine.
[[nodiscard]] DnsQuery make_dns_query(std::uint16_t id, std::string_view name, DnsType type);

/// The bytes of an address as in the message; an IPv4 one has its four in front.
struct DnsAddress {
    DnsType type = DnsType::A;
    std::array<std::uint8_t, 16> bytes{};
};

enum class DnsOutcome {
    Foreign,    ///< no answer to this question: go on waiting
    Found,      ///< the server knows; with no address there is none of this type
    NoName,     ///< there is no such name
    Truncated,  ///< ask again by TCP
    Failed,     ///< this server cannot tell
};

/// Reads an answer to `query` and appends its addresses of the type that was asked for. Those of
/// the names that the name stands for (CNAME) come in the same answer and count alike.
[[nodiscard]] DnsOutcome read_dns_answer(std::span<const std::uint8_t> message,
                                         const DnsQuery& query, std::vector<DnsAddress>& addresses);

}  // namespace sys
