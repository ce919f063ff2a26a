// SPDX-License-Identifier: MIT
// Any bytes may lie in a file of the tz database, which comes with the image. They are refused, or
// they are a zone whose clocks stay within a day and a bit of UTC, and then each next date lies
// ahead and within the years that are searched.
#include <array>
#include <string_view>

#include "core/next_date.hpp"
#include "fuzz.hpp"

using core::WallTime;
using fuzz::require;

namespace {

constexpr WallTime kDay = 24 * 3600;
constexpr WallTime kSince = 1'767'225'600;  // 2026-01-01
constexpr WallTime kYear = 365 * kDay;

// "30 2 * * *", "*/15 * * * *" and "0 0 29 2 1".
constexpr std::array kDates{
    core::Cron{1ULL << 30U, 1U << 2U, 0xfffffffeU, 0x1ffeU, 0x7fU, true, true},
    core::Cron{1ULL | 1ULL << 15U | 1ULL << 30U | 1ULL << 45U, 0xffffffU, 0xfffffffeU, 0x1ffeU,
               0x7fU, true, true},
    core::Cron{1, 1, 1U << 29U, 1U << 2U, 1U << 1U, false, true}};

void check_zone(const core::TimeZone& zone) {
    for (WallTime time = kSince; time < kSince + 60 * kYear; time += 61 * kDay) {
        const auto offset = zone.offset(time);
        require(offset > -core::kFarthestClock && offset < core::kFarthestClock);
    }
    for (const auto& cron : kDates) {
        WallTime at = kSince;
        for (int i = 0; i < 20; ++i) {
            const auto next = core::next_date(cron, zone, at);
            require(next || !cron.any_day);
            if (!next) {
                break;
            }
            require(*next > at && *next < at + 41 * kYear);
            at = *next;
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view file{reinterpret_cast<const char*>(bytes), size};
    if (const auto zone = core::TimeZone::parse(file, kSince)) {
        check_zone(*zone);
    } else {
        require(!std::string_view{zone.error()}.empty());
    }
    if (const auto rule = core::parse_zone_rule(file)) {
        const auto offset = core::offset_by(*rule, kSince + kYear / 2);
        require(offset == rule->standard || offset == rule->summer);
    }
    return 0;
}
