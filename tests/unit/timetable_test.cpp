// SPDX-License-Identifier: MIT
#include "runtime/timetable.hpp"

#include <doctest/doctest.h>

#include <ctime>

#include "config/cron.hpp"
#include "runtime/scheduler.hpp"
#include "sys/clock.hpp"
#include "sys_support.hpp"

using core::Duration;
using core::WallTime;

namespace {

constexpr WallTime kHour = 3'600;
constexpr WallTime kNoon = 1'777'896'000;  // 2026-05-04 12:00 UTC, a Monday

// A timetable of one service, and a machine whose clock can be set.
struct World {
    explicit World(const char* text) : cron{config::parse_cron(text).value()} {
        table.add(core::ServiceId{3}, cron, table.add_zone({}));
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // Both clocks go on; whether the service is due then.
    bool pass(WallTime seconds) {
        clocks.wall += seconds * 1'000;
        clocks.steady += Duration{seconds * 1'000};
        return look();
    }
    // The clock is set off by that much, which wakes PID 1.
    bool set_off(WallTime seconds) {
        clocks.wall += seconds * 1'000;
        return look();
    }
    bool look() {
        shift = table.look(clocks);
        return table.entries()[0].is_due;
    }
    [[nodiscard]] WallTime left() const { return *table.next() - clocks.wall / 1'000; }

    core::Cron cron;
    runtime::Timetable table;
    runtime::Clocks clocks{kNoon * 1'000, core::Instant{Duration{50'000}}};
    Duration shift{0};
};

}  // namespace

TEST_CASE("a service is due at its dates and at no other time") {
    World world{"0 * * * *"};

    CHECK_FALSE(world.look());
    CHECK(world.left() == kHour);
    CHECK_FALSE(world.pass(kHour - 1));
    CHECK(world.pass(1));
    CHECK_FALSE(world.look());
    CHECK_FALSE(world.pass(kHour - 1));
    CHECK(world.pass(2));
    CHECK(world.left() == kHour - 1);
}

TEST_CASE("a date at the very start is over") {
    World world{"0 12 * * *"};
    CHECK_FALSE(world.look());
    CHECK(world.left() == 24 * kHour);
}

TEST_CASE("the next date is told on the steady clock as well") {
    World world{"30 12 * * *"};
    world.look();
    CHECK(world.table.entries()[0].next_at == world.clocks.steady + Duration{kHour / 2 * 1'000});
}

TEST_CASE("dates that passed while nobody looked are one run") {
    World world{"0 * * * *"};
    world.look();
    CHECK(world.pass(5 * kHour + 600));
    CHECK(world.table.entries()[0].late == Duration{(4 * kHour + 600) * 1'000});
    CHECK_FALSE(world.look());
    CHECK(world.left() == kHour - 600);
}

TEST_CASE("a clock that is set ahead over a date runs it once, and over none runs nothing") {
    World world{"0 * * * *"};
    world.look();
    CHECK_FALSE(world.set_off(600));
    CHECK(world.shift == Duration{600'000});
    CHECK(world.left() == kHour - 600);
    CHECK(world.set_off(3 * kHour));
    CHECK_FALSE(world.look());
    CHECK(world.shift == Duration{0});
    CHECK(world.left() == kHour - 600);
}

TEST_CASE("a clock that is set back does not run a date again") {
    World world{"0 * * * *"};
    world.look();
    REQUIRE(world.pass(kHour));
    CHECK_FALSE(world.set_off(-600));
    CHECK(world.shift == Duration{-600'000});
    CHECK_FALSE(world.pass(600));
    CHECK(world.left() == kHour);
    CHECK(world.pass(kHour));
}

TEST_CASE("a clock that is set back has dates before it again that never ran") {
    World world{"0 * * * *"};
    world.look();
    CHECK_FALSE(world.set_off(-2 * kHour - 600));
    CHECK(world.left() == 600);
    CHECK(world.pass(600));
}

TEST_CASE("a clock that was ahead by more than a day was wrong") {
    World world{"0 * * * *"};
    world.look();
    REQUIRE(world.set_off(1000 * kHour));
    CHECK_FALSE(world.set_off(-1000 * kHour));
    CHECK(world.left() == kHour);
    CHECK(world.pass(kHour));
    CHECK(world.pass(kHour));
}

TEST_CASE("the earliest date of all services is waited for") {
    World world{"0 * * * *"};
    const auto other = config::parse_cron("20 12 * * *").value();
    world.table.add(core::ServiceId{4}, other, 0);

    CHECK_FALSE(world.look());
    CHECK(world.left() == 1'200);
    CHECK_FALSE(world.pass(1'200));
    CHECK(world.table.entries()[1].is_due);
    CHECK(world.left() == 2'400);
}

TEST_CASE("a wall timer wakes for a moment that is past and for none when it is disarmed") {
    auto timer = sys::WallTimer::create();
    REQUIRE(timer);
    CHECK(timer->read() == sys::WallTimer::Wake::None);

    REQUIRE(timer->arm(sys::wall_clock() / 1'000));
    CHECK(sys_support::wait_readable(timer->fd()));
    CHECK(timer->read() == sys::WallTimer::Wake::Expired);
    CHECK(timer->read() == sys::WallTimer::Wake::None);

    REQUIRE(timer->arm(0));
    CHECK(sys_support::wait_readable(timer->fd()));
    REQUIRE(timer->arm(std::nullopt));
    CHECK(timer->read() == sys::WallTimer::Wake::None);
    REQUIRE(timer->arm(sys::wall_clock() / 1'000 + 3'600));
    CHECK(timer->read() == sys::WallTimer::Wake::None);
}

TEST_CASE("UTC needs no file, and a zone that is not there is named with its file") {
    CHECK(runtime::load_time_zone("UTC"));
    const auto zone = runtime::load_time_zone("Nowhere/Here");
    REQUIRE_FALSE(zone);
    CHECK(zone.error() ==
          "/usr/share/zoneinfo/Nowhere/Here: no such file or directory (Debian's package tzdata "
          "brings the time zones)");
}
