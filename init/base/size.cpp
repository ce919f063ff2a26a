// SPDX-License-Identifier: MIT
#include "base/size.hpp"

#include <array>
#include <charconv>

namespace base {
namespace {

constexpr std::array<std::string_view, 4> kUnits{"", "KiB", "MiB", "GiB"};
constexpr std::uint64_t kLargest = std::uint64_t{1} << 63;

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t number = 0;
    const auto* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    const std::string_view suffix{end, static_cast<std::size_t>(last - end)};
    for (std::size_t i = 0; i < kUnits.size(); ++i) {
        if (kUnits[i] == suffix) {
            return number < kLargest >> (10 * i) ? std::optional{number << (10 * i)} : std::nullopt;
        }
    }
    return std::nullopt;
}

std::string size_text(std::uint64_t bytes) {
    std::size_t unit = 0;
    while (unit + 1 < kUnits.size() && bytes != 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        ++unit;
    }
    return std::to_string(bytes).append(kUnits[unit]);
}

}  // namespace base
