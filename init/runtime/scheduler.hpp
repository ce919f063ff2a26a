// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "log/log.hpp"
#include "runtime/event_queue.hpp"
#include "runtime/obstacle.hpp"
#include "runtime/timetable.hpp"
#include "sys/wall_timer.hpp"

namespace runtime {

/// The zone `name` out of /usr/share/zoneinfo; UTC needs no file. The error says what is wrong with
/// which. For what happens before the loop, and clients: it allocates.
[[nodiscard]] base::Result<core::TimeZone, std::string> load_time_zone(std::string_view name);

/// PID 1's side of cron schedules: the timetable and the one timer that wakes for its next date,
/// which exists only while there is such a schedule. The zones are read once, so that nothing on
/// the loop path opens a file. Only load() allocates.
class Scheduler {
  public:
    /// Reads the zones and makes the timer. What `spec` holds must outlive the scheduler, but may
    /// be moved.
    [[nodiscard]] Prepared load(const core::Spec& spec);

    /// Goes on from the dates that `before` knew of the services that are the same.
    void take_over(const Scheduler& before, std::span<const core::Successor> from);

    /// The timer's descriptor, for the loop; -1 without a cron schedule.
    [[nodiscard]] int fd() const { return timer_.fd(); }

    /// From here on dates count, and once more whenever the descriptor is readable: what is due
    /// gets its Event, and the next date is waited for.
    void look(core::Instant now, EventQueue& queue, logging::Logger& log);

    /// When the service runs next; empty for one without a cron schedule.
    [[nodiscard]] std::optional<core::Instant> next_run(core::ServiceId id) const;

  private:
    void announce(core::Duration shift, EventQueue& queue, logging::Logger& log) const;

    const core::ServiceSpec* services_ = nullptr;
    Timetable timetable_;
    sys::WallTimer timer_;
};

}  // namespace runtime
