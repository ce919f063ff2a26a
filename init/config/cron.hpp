// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/spec.hpp"

namespace config {

/// Reads the five fields of crontab(5) - minute, hour, day of the month, month, weekday - with
/// lists, ranges, steps (of '*' and of ranges), names of months and weekdays and 7 for Sunday; or
/// @hourly, @daily (@midnight), @weekly, @monthly, @yearly (@annually). The error is a reason for
/// people, also for a date that no year has.
[[nodiscard]] base::Result<core::Cron, std::string> parse_cron(std::string_view text);

}  // namespace config
