// SPDX-License-Identifier: MIT
// Any bytes may come back from a name server, or from whoever answers in its place. They say
// nothing, or they answer the question that was asked, with addresses of the type that was asked
// for and no more of them than the message has room for.
#include <span>
#include <vector>

#include "fuzz.hpp"
#include "sys/dns_message.hpp"

using fuzz::require;

namespace {

constexpr std::uint16_t kId = 7;
constexpr std::size_t kSmallestRecord = 1 + 10 + 4;  // a name, five numbers, an address

void check_answer(std::span<const std::uint8_t> message, sys::DnsType type) {
    const auto query = sys::make_dns_query(kId, "db.lan", type);
    std::vector<sys::DnsAddress> addresses(1);
    addresses[0].bytes[0] = 1;
    const auto outcome = sys::read_dns_answer(message, query, addresses);
    require(!addresses.empty() && addresses[0].bytes[0] == 1);
    require(outcome == sys::DnsOutcome::Found || addresses.size() == 1);
    require((addresses.size() - 1) * kSmallestRecord <= message.size());
    for (std::size_t i = 1; i < addresses.size(); ++i) {
        require(addresses[i].type == type);
    }
    if (outcome != sys::DnsOutcome::Foreign) {
        require(message.size() > 2 && message[0] == kId >> 8 && message[1] == kId);
        const auto other = sys::make_dns_query(kId + 1, "db.lan", type);
        require(sys::read_dns_answer(message, other, addresses) == sys::DnsOutcome::Foreign);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    check_answer({bytes, size}, sys::DnsType::A);
    check_answer({bytes, size}, sys::DnsType::Aaaa);
    return 0;
}
