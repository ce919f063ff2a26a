// SPDX-License-Identifier: MIT
#include "base/duration.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace base {
namespace {

struct Unit {
    std::string_view suffix;
    std::int64_t milliseconds;
};

// Largest first: printing walks down, parsing accepts each at most once and in this order.
constexpr std::array<Unit, 5> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

constexpr double kLongest = 10.0 * 365 * 86'400'000;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The suffix is everything up to the next digit, so "m" and "ms" cannot be confused.
std::string_view take_suffix(std::string_view& text) {
    std::size_t end = 0;
    while (end < text.size() && !is_digit(text[end])) {
        ++end;
    }
    const auto suffix = text.substr(0, end);
    text.remove_prefix(end);
    return suffix;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
    if (text == "0") {
        return Duration::zero();
    }
    double total = 0;
    auto unit = kUnits.begin();
    while (!text.empty()) {
        double number = 0;
        const auto* const first = text.data();
        const auto [end, error] =
            std::from_chars(first, first + text.size(), number, std::chars_format::fixed);
        if (error != std::errc{} || !is_digit(text.front()) || !is_digit(end[-1])) {
            return std::nullopt;
        }
        text.remove_prefix(static_cast<std::size_t>(end - first));
        const auto suffix = take_suffix(text);
        while (unit != kUnits.end() && unit->suffix != suffix) {
            ++unit;
        }
        if (unit == kUnits.end()) {
            return std::nullopt;
        }
        total += number * static_cast<double>(unit->milliseconds);
        ++unit;
        if (total > kLongest) {
            return std::nullopt;
        }
        if (text.empty()) {
            return Duration{static_cast<std::int64_t>(std::ceil(total - 1e-6))};
        }
    }
    return std::nullopt;
}

Text to_string(Duration duration) {
    auto left = duration.count();
    if (left < 1'000) {
        return Text{}.append(left).append("ms");
    }
    if (left < 60'000) {
        const auto tenths = left / 100;
        auto text = Text{}.append(tenths / 10);
        if (tenths % 10 != 0) {
            text.append(".").append(tenths % 10);
        }
        return text.append("s");
    }
    Text text;
    int parts = 0;
    for (const auto& unit : kUnits) {
        const auto count = left / unit.milliseconds;
        left %= unit.milliseconds;
        if (unit.milliseconds >= 1'000 && count > 0 && parts < 2) {
            text.append(count).append(unit.suffix);
            ++parts;
        } else if (parts > 0) {
            break;
        }
    }
    return text;
}

}  // namespace base
