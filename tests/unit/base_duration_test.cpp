// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "base/duration.hpp"

using namespace std::chrono_literals;

TEST_CASE("a duration is a number with a unit, or several of them") {
    CHECK(base::parse_duration("200ms") == 200ms);
    CHECK(base::parse_duration("1.5s") == 1500ms);
    CHECK(base::parse_duration("2m") == 2min);
    CHECK(base::parse_duration("1h30m") == 90min);
    CHECK(base::parse_duration("1d") == 24h);
    CHECK(base::parse_duration("0") == 0ms);
    CHECK(base::parse_duration("0s") == 0ms);
}

TEST_CASE("what is no duration is refused") {
    for (const char* text : {"", "5", "s", "-1s", "1 s", "1x", "1s ", "s1", "1..5s", "1.s", ".5s",
                             "nan", "1e3s", "4000d", "99999999999999999999s"}) {
        CAPTURE(text);
        CHECK_FALSE(base::parse_duration(text).has_value());
    }
}

TEST_CASE("a duration is written with two units at most") {
    CHECK(base::to_string(0ms) == "0ms");
    CHECK(base::to_string(350ms) == "350ms");
    CHECK(base::to_string(2500ms) == "2.5s");
    CHECK(base::to_string(90s) == "1m30s");
    CHECK(base::to_string(base::Duration{3h + 12min + 4s}) == "3h12m");
    CHECK(base::to_string(base::Duration{4 * 24h + 2h + 5min}) == "4d2h");
}
