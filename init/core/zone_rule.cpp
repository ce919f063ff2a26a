// SPDX-License-Identifier: MIT
#include <chrono>

#include "core/time_zone.hpp"

namespace core {
namespace {

constexpr int kHour = 3600;
constexpr int kDay = 24 * kHour;

// Takes from the front of a TZ; each take_ is false when something else stands there.
class Text {
  public:
    explicit Text(std::string_view text) : text_{text} {}

    [[nodiscard]] bool is_empty() const { return text_.empty(); }
    [[nodiscard]] char front() const { return text_.empty() ? '\0' : text_.front(); }
    bool take(char c) {
        if (front() != c) {
            return false;
        }
        text_.remove_prefix(1);
        return true;
    }
    bool take_name() {
        const bool is_quoted = take('<');
        const auto end = is_quoted ? text_.find('>') : text_.find_first_of("+-,0123456789");
        const auto size = std::min(end, text_.size());
        if (size < 3 || (is_quoted && end == std::string_view::npos)) {
            return false;
        }
        text_.remove_prefix(size + (is_quoted ? 1 : 0));
        return true;
    }
    bool take_number(int low, int high, int& value) {
        value = 0;
        std::size_t size = 0;
        for (; size < text_.size() && size < 4 && text_[size] >= '0' && text_[size] <= '9';
             ++size) {
            value = value * 10 + (text_[size] - '0');
        }
        text_.remove_prefix(size);
        return size > 0 && value >= low && value <= high;
    }
    // "[+-]h[:m[:s]]" in seconds.
    bool take_time(int max_hours, int& seconds) {
        const int sign = take('-') ? -1 : 1;
        if (sign > 0) {
            take('+');
        }
        int hours = 0;
        int minutes = 0;
        int rest = 0;
        if (!take_number(0, max_hours, hours) || (take(':') && !take_number(0, 59, minutes)) ||
            (take(':') && !take_number(0, 59, rest))) {
            return false;
        }
        seconds = sign * (hours * kHour + minutes * 60 + rest);
        return true;
    }
    bool take_change(ZoneRule::Change& change) {
        using Kind = ZoneRule::Change::Kind;
        bool is_good = false;
        if (take('M')) {
            is_good = take_number(1, 12, change.month) && take('.') &&
                      take_number(1, 5, change.week) && take('.') && take_number(0, 6, change.day);
        } else if (take('J')) {
            change.kind = Kind::Julian;
            is_good = take_number(1, 365, change.day);
        } else {
            change.kind = Kind::Day;
            is_good = take_number(0, 365, change.day);
        }
        constexpr int kMaxHours = 167;  // RFC 8536, 3.3.1
        return is_good && (!take('/') || take_time(kMaxHours, change.time));
    }

  private:
    std::string_view text_;
};

WallTime days_of(std::chrono::sys_days date) {
    return date.time_since_epoch().count();
}

// The day of a change in `year`, in days since 1970.
WallTime day_of(const ZoneRule::Change& change, std::chrono::year year) {
    using namespace std::chrono;
    using Kind = ZoneRule::Change::Kind;
    if (change.kind == Kind::Month) {
        const month month{static_cast<unsigned>(change.month)};
        const weekday day{static_cast<unsigned>(change.day)};
        return change.week == 5 ? days_of(year / month / day[last])
                                : days_of(year / month / day[static_cast<unsigned>(change.week)]);
    }
    const auto first = days_of(year / January / 1);
    const bool is_behind_february = change.kind == Kind::Julian && change.day > 31 + 28;
    return first + change.day - (change.kind == Kind::Julian ? 1 : 0) +
           (is_behind_february && year.is_leap() ? 1 : 0);
}

}  // namespace

std::optional<ZoneRule> parse_zone_rule(std::string_view text) {
    constexpr int kMaxHours = 24;
    Text rest{text};
    ZoneRule rule;
    int west = 0;
    if (!rest.take_name() || !rest.take_time(kMaxHours, west)) {
        return std::nullopt;
    }
    rule.standard = -west;
    if (rest.is_empty()) {
        return rule;
    }
    rule.has_summer = true;
    rule.summer = rule.standard + kHour;
    if (!rest.take_name()) {
        return std::nullopt;
    }
    if (rest.front() != ',' && !rest.is_empty()) {
        if (!rest.take_time(kMaxHours, west)) {
            return std::nullopt;
        }
        rule.summer = -west;
    }
    if (!rest.take(',') || !rest.take_change(rule.to_summer) || !rest.take(',') ||
        !rest.take_change(rule.to_standard) || !rest.is_empty()) {
        return std::nullopt;
    }
    return rule;
}

int offset_by(const ZoneRule& rule, WallTime time) {
    using namespace std::chrono;
    if (!rule.has_summer) {
        return rule.standard;
    }
    const year_month_day date{floor<days>(sys_seconds{seconds{time + rule.standard}})};
    const auto begin =
        day_of(rule.to_summer, date.year()) * kDay + rule.to_summer.time - rule.standard;
    const auto end =
        day_of(rule.to_standard, date.year()) * kDay + rule.to_standard.time - rule.summer;
    // In the south summer goes over the turn of the year.
    const bool is_summer = begin < end ? time >= begin && time < end : time >= begin || time < end;
    return is_summer ? rule.summer : rule.standard;
}

}  // namespace core
