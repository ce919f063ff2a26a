// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/next_date.hpp"
#include "core/spec.hpp"

namespace runtime {

/// Both clocks at one moment.
struct Clocks {
    std::int64_t wall = 0;  ///< milliseconds since 1970, may jump
    core::Instant steady{};
};

/// The dates of the services with a cron schedule. A date runs once:
/// - dates that passed unseen (the clock was set ahead, the container was paused) make one run, as
///   soon as they are seen, however many they are;
/// - dates that ran do not run again when the clock is set back, by a day at most. A clock that was
///   further off was wrong: what it shows now is what counts.
/// Knows no clock and no timer. Only add() allocates.
class Timetable {
  public:
    struct Entry {
        core::ServiceId id{};
        const core::Cron* cron = nullptr;
        std::size_t zone = 0;
        std::optional<core::WallTime> next;    ///< its date to come
        std::optional<core::WallTime> last;    ///< when it was due last
        std::optional<core::Instant> next_at;  ///< `next` on the other clock, as far as is known
        bool is_due = false;                   ///< by the last look()
        core::Duration late{0};                ///< since its date, when it is due
    };

    /// A service with the schedule `cron` in `zone`; `cron` must outlive the timetable.
    void add(core::ServiceId id, const core::Cron& cron, std::size_t zone) {
        auto& entry = entries_.emplace_back();
        entry.id = id;
        entry.cron = &cron;
        entry.zone = zone;
    }
    /// A zone for add().
    std::size_t add_zone(core::TimeZone zone) {
        zones_.push_back(std::move(zone));
        return zones_.size() - 1;
    }
    [[nodiscard]] bool is_empty() const { return entries_.empty(); }

    /// Entry by entry: what `before` knew of the dates of `was(id)`; kNoService is none.
    template <class Was>
    void take_over(const Timetable& before, Was was) {
        looked_ = before.looked_;
        for (auto& entry : entries_) {
            for (const auto& old : before.entries_) {
                if (was(entry.id) == old.id) {
                    entry.next = old.next;
                    entry.next_at = old.next_at;
                    entry.last = old.last;
                }
            }
        }
    }

    /// Marks what is due and finds the next date of each service. The first look finds dates after
    /// `now` only. Returns by how much the clock was set since the last look (or ran off).
    core::Duration look(const Clocks& now);

    [[nodiscard]] std::span<const Entry> entries() const { return entries_; }
    /// The earliest date to come.
    [[nodiscard]] std::optional<core::WallTime> next() const;

  private:
    void look_at(Entry& entry, const Clocks& now) const;

    std::vector<core::TimeZone> zones_;
    std::vector<Entry> entries_;
    std::optional<Clocks> looked_;
};

}  // namespace runtime
