// SPDX-License-Identifier: MIT
#include "log/time_text.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace logging {
namespace {

// Takes `width` digits (0 = as many as there are, at least one) and the `end` behind them.
std::optional<int> take_number(std::string_view& text, std::size_t width, char end) noexcept {
    int number = 0;
    const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto size = static_cast<std::size_t>(last - text.data());
    if (error != std::errc{} || number < 0 || (width != 0 && size != width) ||
        size == text.size() || text[size] != end) {
        return std::nullopt;
    }
    text.remove_prefix(size + 1);
    return number;
}

}  // namespace

// Calendar arithmetic of <chrono>, because gmtime_r(3) may read the time zone files.
TimeText::TimeText(std::int64_t time_in_milliseconds) noexcept {
    using namespace std::chrono;
    const sys_time<milliseconds> time{milliseconds{time_in_milliseconds}};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    const int size = std::snprintf(
        bytes_.data(), bytes_.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int{date.year()},
        unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
        static_cast<int>(clock.subseconds().count()));
    size_ = static_cast<std::size_t>(std::max(size, 0));
}

std::optional<std::int64_t> parse_time(std::string_view text) noexcept {
    using namespace std::chrono;
    const auto year_number = take_number(text, 4, '-');
    const auto month_number = year_number ? take_number(text, 2, '-') : std::nullopt;
    const auto day_number = month_number ? take_number(text, 2, 'T') : std::nullopt;
    const auto hour_number = day_number ? take_number(text, 2, ':') : std::nullopt;
    const auto minute_number = hour_number ? take_number(text, 2, ':') : std::nullopt;
    if (!minute_number) {
        return std::nullopt;
    }
    const bool has_fraction = text.find('.') != text.npos;
    const auto second_number = take_number(text, 2, has_fraction ? '.' : 'Z');
    const auto fraction = has_fraction ? take_number(text, 3, 'Z') : 0;
    if (!second_number || !fraction || !text.empty()) {
        return std::nullopt;
    }
    const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                              day{static_cast<unsigned>(*day_number)}};
    if (!date.ok() || *hour_number > 23 || *minute_number > 59 || *second_number > 60) {
        return std::nullopt;
    }
    const sys_time<milliseconds> time = sys_days{date} + hours{*hour_number} +
                                        minutes{*minute_number} + seconds{*second_number} +
                                        milliseconds{*fraction};
    return time.time_since_epoch().count();
}

}  // namespace logging
