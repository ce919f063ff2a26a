// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace core {

/// Seconds since 1970 in UTC.
using WallTime = std::int64_t;

/// In seconds: all clocks are less than this from UTC (RFC 8536, 3.2, allows a little less).
inline constexpr WallTime kFarthestClock = 26 * 3600;

/// The rule for the years that a file does not list: TZ of POSIX (tzset(3)) such as
/// "CET-1CEST,M3.5.0,M10.5.0/3".
struct ZoneRule {
    /// A moment of each year, in the local time that ends then.
    struct Change {
        enum class Kind { Month, Julian, Day };
        Kind kind = Kind::Month;
        int month = 0;    ///< Kind::Month
        int week = 0;     ///< Kind::Month: 1 to 5, the last one
        int day = 0;      ///< Kind::Month: 0 = Sunday; Julian: 1 to 365, without 29 February; or
                          ///< 0 to 365
        int time = 7200;  ///< seconds after midnight; may be below 0 and above a day
    };
    int standard = 0;  ///< seconds east of UTC
    int summer = 0;
    bool has_summer = false;
    Change to_summer;
    Change to_standard;
};

/// What the clocks of one place show; UTC by default. Asking allocates nothing.
class TimeZone {
  public:
    TimeZone() = default;

    /// Reads a file of the tz database (TZif, RFC 8536). What ends before `since` is forgotten. The
    /// error is the reason for people.
    [[nodiscard]] static base::Result<TimeZone, const char*> parse(std::string_view file,
                                                                   WallTime since);

    /// Seconds east of UTC at `time`, not before `since`.
    [[nodiscard]] int offset(WallTime time) const;

  private:
    struct Transition {
        WallTime at = 0;
        int offset = 0;  ///< from then on
    };

    int first_offset_ = 0;
    std::vector<Transition> transitions_;
    std::optional<ZoneRule> rule_;  ///< after the last of them
};

/// Reads a TZ of POSIX; nothing when it is none.
[[nodiscard]] std::optional<ZoneRule> parse_zone_rule(std::string_view text);

/// Seconds east of UTC at `time` by `rule`.
[[nodiscard]] int offset_by(const ZoneRule& rule, WallTime time);

}  // namespace core
