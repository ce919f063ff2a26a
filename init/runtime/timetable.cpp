// SPDX-License-Identifier: MIT
#include "runtime/timetable.hpp"

#include <algorithm>
#include <utility>

namespace runtime {
namespace {

// The farthest that a clock which is put back still counts as the same one.
constexpr core::WallTime kSameClock = 86'400;

}  // namespace

core::Duration Timetable::look(const Clocks& now) {
    for (auto& entry : entries_) {
        look_at(entry, now);
    }
    const auto before = std::exchange(looked_, now);
    return before ? core::Duration{now.wall - before->wall} - (now.steady - before->steady)
                  : core::Duration::zero();
}

void Timetable::look_at(Entry& entry, const Clocks& now) const {
    const core::WallTime seconds = now.wall / 1'000;
    entry.is_due = entry.next && *entry.next <= seconds;
    if (entry.is_due) {
        entry.late = core::Duration{now.wall - *entry.next * 1'000};
        entry.last = seconds;
    }
    if (entry.last && *entry.last - seconds > kSameClock) {
        entry.last.reset();
    }
    const auto after = std::max(entry.last.value_or(seconds), seconds);
    entry.next = core::next_date(*entry.cron, zones_[entry.zone], after);
    entry.next_at.reset();
    if (entry.next) {
        entry.next_at = now.steady + core::Duration{*entry.next * 1'000 - now.wall};
    }
}

std::optional<core::WallTime> Timetable::next() const {
    std::optional<core::WallTime> earliest;
    for (const auto& entry : entries_) {
        if (entry.next && (!earliest || *entry.next < *earliest)) {
            earliest = entry.next;
        }
    }
    return earliest;
}

}  // namespace runtime
