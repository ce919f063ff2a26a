// SPDX-License-Identifier: MIT
#include "core/next_date.hpp"

#include <algorithm>
#include <chrono>

namespace core {
namespace {

constexpr WallTime kMinute = 60;
constexpr WallTime kHour = 60 * kMinute;
constexpr WallTime kDay = 24 * kHour;
constexpr WallTime kHorizon = 40 * 366;  // days: 29 February on a given weekday comes by then
constexpr std::uint32_t kEveryHour = 0xffffff;

bool has(std::uint64_t bits, unsigned value) {
    return (bits >> value & 1) != 0;
}

// `day` in days since 1970.
bool is_named(const Cron& cron, WallTime day) {
    using namespace std::chrono;
    const sys_days date{days{day}};
    const year_month_day parts{date};
    if (!has(cron.months, unsigned{parts.month()})) {
        return false;
    }
    const bool is_day = has(cron.days, unsigned{parts.day()});
    const bool is_weekday = has(cron.weekdays, weekday{date}.c_encoding());
    return cron.any_day || cron.any_weekday ? is_day && is_weekday : is_day || is_weekday;
}

// One day of the local calendar: the clocks are `before` east of UTC until `change`, then `after`.
struct LocalDay {
    WallTime midnight = 0;  // as if it were UTC
    WallTime before = 0;
    WallTime after = 0;
    WallTime change = 0;
};

LocalDay local_day(const TimeZone& zone, WallTime day) {
    LocalDay local;
    local.midnight = day * kDay;
    WallTime low = local.midnight - kFarthestClock;
    WallTime high = local.midnight + kDay + kFarthestClock;
    local.before = zone.offset(low);
    local.after = zone.offset(high);
    while (local.before != local.after && high - low > 1) {
        const auto middle = low + (high - low) / 2;
        (zone.offset(middle) == local.before ? low : high) = middle;
    }
    local.change = high;
    return local;
}

// The earliest moment after `after` among those it is shown.
class Earliest {
  public:
    explicit Earliest(WallTime after) : after_{after} {}
    void see(WallTime moment) {
        if (moment > after_ && (!best_ || moment < *best_)) {
            best_ = moment;
        }
    }
    [[nodiscard]] std::optional<WallTime> best() const { return best_; }

  private:
    WallTime after_;
    std::optional<WallTime> best_;
};

void see_time(const LocalDay& day, WallTime time, bool is_every_hour, Earliest& earliest) {
    const auto first = day.midnight + time - day.before;
    const auto second = day.midnight + time - day.after;
    const bool is_before = day.before == day.after || first < day.change;
    const bool is_after = day.before != day.after && second >= day.change;
    if (is_before) {
        earliest.see(first);
    }
    if (is_after && (!is_before || is_every_hour)) {
        earliest.see(second);
    }
    if (!is_before && !is_after && !is_every_hour) {
        earliest.see(day.change);
    }
}

void see_day(const Cron& cron, const LocalDay& day, Earliest& earliest) {
    const bool is_every_hour = (cron.hours & kEveryHour) == kEveryHour;
    for (unsigned hour = 0; hour < 24; ++hour) {
        for (unsigned minute = 0; has(cron.hours, hour) && minute < 60; ++minute) {
            if (has(cron.minutes, minute)) {
                see_time(day, hour * kHour + minute * kMinute, is_every_hour, earliest);
            }
        }
    }
}

}  // namespace

std::optional<WallTime> next_date(const Cron& cron, const TimeZone& zone, WallTime after) {
    using namespace std::chrono;
    Earliest earliest{after};
    // Where a day is put back or left out, dates of its neighbours come in between.
    const auto first = floor<days>(seconds{after + zone.offset(after)}).count() - 1;
    auto last = first + kHorizon;
    for (WallTime day = first; day <= last; ++day) {
        if (!is_named(cron, day)) {
            continue;
        }
        see_day(cron, local_day(zone, day), earliest);
        if (earliest.best()) {
            last = std::min(last, day + 1);
        }
    }
    return earliest.best();
}

}  // namespace core
