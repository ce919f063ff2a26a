// SPDX-License-Identifier: MIT
#include "base/address.hpp"

#include <charconv>

namespace base {
namespace {

/// Whether `text` is a number of at most `digits` digits, up to `largest`.
bool is_number(std::string_view text, int radix, std::size_t digits, unsigned largest) {
    unsigned number = 0;
    const auto* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number, radix);
    return !text.empty() && text.size() <= digits && error == std::errc{} && end == last &&
           number <= largest;
}

bool is_ipv4(std::string_view text) {
    for (int i = 0; i < 4; ++i) {
        const auto dot = text.find('.');
        const auto part = text.substr(0, dot);
        // A leading zero would be octal to inet_aton(3).
        if (!is_number(part, 10, 3, 255) || (part.size() > 1 && part[0] == '0') ||
            (dot == std::string_view::npos) != (i == 3)) {
            return false;
        }
        text.remove_prefix(i == 3 ? text.size() : dot + 1);
    }
    return true;
}

/// How many 16-bit groups `text` holds, or -1. An IPv4 address counts as two and stands last.
int count_groups(std::string_view text, bool may_end_in_ipv4) {
    int groups = 0;
    while (!text.empty()) {
        const auto colon = text.find(':');
        const auto part = text.substr(0, colon);
        const bool is_last = colon == std::string_view::npos;
        if (is_last && may_end_in_ipv4 && is_ipv4(part)) {
            return groups + 2;
        }
        if (!is_number(part, 16, 4, 0xffff) || (!is_last && colon + 1 == text.size())) {
            return -1;
        }
        ++groups;
        text.remove_prefix(is_last ? text.size() : colon + 1);
    }
    return groups;
}

}  // namespace

bool is_address(std::string_view host) {
    if (host.find(':') == std::string_view::npos) {
        return is_ipv4(host);
    }
    const auto gap = host.find("::");
    if (gap == std::string_view::npos) {
        return count_groups(host, true) == 8;
    }
    const int front = count_groups(host.substr(0, gap), false);
    const int back = count_groups(host.substr(gap + 2), true);
    return front >= 0 && back >= 0 && front + back <= 7;
}

}  // namespace base
