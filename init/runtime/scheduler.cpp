// SPDX-License-Identifier: MIT
#include "runtime/scheduler.hpp"

#include <cerrno>
#include <utility>

#include "sys/clock.hpp"
#include "sys/error_text.hpp"
#include "sys/files.hpp"

namespace runtime {
namespace {

constexpr std::size_t kMaxZoneFile = 65'536;
// Before a zone is asked for a moment: the clock may be set back that far.
constexpr core::WallTime kPast = core::WallTime{400} * 86'400;
// Later than that is worth a word; busy machines wake a little late all the time.
constexpr core::Duration kLate{60'000};
// So is a clock that was put back by more.
constexpr core::Duration kPutBack{1'000};

}  // namespace

base::Result<core::TimeZone, std::string> load_time_zone(std::string_view name) {
    if (name == "UTC") {
        return core::TimeZone{};
    }
    const auto path = "/usr/share/zoneinfo/" + std::string{name};
    const auto file = sys::read_file(path, kMaxZoneFile);
    if (!file) {
        return base::unexpected{path + ": " + sys::error_text(file.error().code) +
                                (file.error().code == ENOENT
                                     ? " (Debian's package tzdata brings the time zones)"
                                     : "")};
    }
    const auto zone = core::TimeZone::parse(*file, sys::wall_clock() / 1'000 - kPast);
    if (!zone) {
        return base::unexpected{path + " " + zone.error()};
    }
    return *zone;
}

Prepared Scheduler::load(const core::Spec& spec) {
    services_ = spec.services.data();
    for (std::size_t i = 0; i < spec.services.size(); ++i) {
        const auto& name = spec.services[i].name;
        const auto& schedule = spec.services[i].schedule;
        if (schedule.kind != core::Schedule::Kind::Cron) {
            continue;
        }
        auto zone = load_time_zone(schedule.timezone);
        if (!zone) {
            return base::unexpected{
                Obstacle{name, "timezone '" + schedule.timezone + "': " + zone.error()}};
        }
        timetable_.add(core::ServiceId(i), schedule.cron, timetable_.add_zone(std::move(*zone)));
    }
    if (timetable_.is_empty()) {
        return {};
    }
    auto timer = sys::WallTimer::create();
    if (!timer) {
        return base::unexpected{
            Obstacle{"", logging::format("cannot make the timer of the schedules: {}: {}",
                                         timer.error().op, sys::error_text(timer.error().code))}};
    }
    timer_ = std::move(*timer);
    return {};
}

void Scheduler::take_over(const Scheduler& before, std::span<const core::Successor> from) {
    timetable_.take_over(before.timetable_, [&](core::ServiceId id) {
        const auto& origin = from[core::index(id)];
        return origin.is_same ? origin.was : core::kNoService;
    });
}

void Scheduler::look(core::Instant now, EventQueue& queue, logging::Logger& log) {
    if (timetable_.is_empty()) {
        return;
    }
    bool was_set = timer_.read() == sys::WallTimer::Wake::ClockSet;
    // Set while its date is being found, the clock is read again; twice in a row is no accident.
    for (int tries = 0; tries < 2; ++tries) {
        const auto shift = timetable_.look({.wall = sys::wall_clock(), .steady = now});
        announce(was_set ? shift : core::Duration::zero(), queue, log);
        const auto armed = timer_.arm(timetable_.next());
        was_set = !armed && armed.error().code == ECANCELED;
        if (!was_set) {
            return;
        }
    }
}

void Scheduler::announce(core::Duration shift, EventQueue& queue, logging::Logger& log) const {
    if (shift < -kPutBack) {
        log.info("the clock was put back by {}: dates that ran do not run again",
                 base::to_string(-shift));
    }
    for (const auto& entry : timetable_.entries()) {
        if (!entry.is_due) {
            continue;
        }
        if (entry.late >= kLate) {
            log.about(services_[core::index(entry.id)].name, logging::Severity::Info,
                      "was due {} ago; runs once, however many dates have passed",
                      base::to_string(entry.late));
        }
        queue.push({.kind = core::Event::Kind::Due, .service = entry.id});
    }
}

std::optional<core::Instant> Scheduler::next_run(core::ServiceId id) const {
    for (const auto& entry : timetable_.entries()) {
        if (entry.id == id) {
            return entry.next_at;
        }
    }
    return std::nullopt;
}

}  // namespace runtime
