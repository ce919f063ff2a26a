// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/spec.hpp"
#include "core/time_zone.hpp"

namespace core {

/// The first moment after `after` at which the clocks of `zone` show what `cron` names. With both
/// day fields named one of them is enough (crontab(5)). Where the clocks are put:
/// - ahead, a date that they leave out is the first moment after the gap;
/// - back, a date that they show twice is the first of the two.
/// Neither holds when every hour is named: then what the clocks show is what counts.
/// Nothing when no such date comes within 40 years. A pure function that allocates nothing.
[[nodiscard]] std::optional<WallTime> next_date(const Cron& cron, const TimeZone& zone,
                                                WallTime after);

}  // namespace core
