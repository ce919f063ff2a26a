// SPDX-License-Identifier: MIT
#include "log/fields.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace logging {

Fields& Fields::add(std::string_view name, std::string_view quote,
                    std::string_view value) noexcept {
    constexpr std::string_view kQuote = "\"";
    const auto begin = size_;
    for (const auto part :
         {kQuote, name, std::string_view{"\":"}, quote, value, quote, std::string_view{","}}) {
        if (size_ + part.size() > bytes_.size()) {
            size_ = begin;
            return *this;
        }
        std::copy(part.begin(), part.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += part.size();
    }
    return *this;
}

// Values are names of services and signals and words of our own; what JSON would have to escape is
// in none of them.
Fields& Fields::text(std::string_view name, std::string_view value) noexcept {
    const bool is_plain = std::all_of(value.begin(), value.end(), [](char byte) {
        return byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
    });
    return is_plain ? add(name, "\"", value) : *this;
}

Fields& Fields::number(std::string_view name, std::int64_t value) noexcept {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return add(name, "", {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

Fields& Fields::flag(std::string_view name, bool value) noexcept {
    return add(name, "", value ? "true" : "false");
}

Fields& Fields::seconds(std::string_view name, base::Duration value) noexcept {
    std::array<char, 32> digits{};
    const auto milliseconds = static_cast<long long>(std::max(value, base::Duration{0}).count());
    const int size = std::snprintf(digits.data(), digits.size(), "%lld.%03lld", milliseconds / 1000,
                                   milliseconds % 1000);
    return add(name, "", {digits.data(), static_cast<std::size_t>(std::max(size, 0))});
}

}  // namespace logging
