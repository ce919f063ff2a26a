// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "config/cron.hpp"
#include "core/next_date.hpp"

using core::TimeZone;
using core::WallTime;

namespace {

std::string number(std::uint64_t value, int bytes) {
    std::string out;
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out += static_cast<char>(value >> shift & 0xff);
    }
    return out;
}

struct Change {
    WallTime at = 0;
    int offset = 0;
};

std::string header(char version, std::size_t times, std::size_t types) {
    return "TZif" + std::string(1, version) + std::string(15, '\0') + std::string(12, '\0') +
           number(times, 4) + number(types, 4) + number(4, 4);
}

// A file as zic(8) writes it: an empty part for old readers, the changes, the rule.
std::string zone_file(const std::string& rule, int first, const std::vector<Change>& changes) {
    std::string file = header('2', 0, 1) + number(0, 6) + "UTC" + '\0';
    file += header('2', changes.size(), changes.size() + 1);
    std::string types = number(static_cast<std::uint32_t>(first), 4) + number(0, 2);
    std::string indices;
    for (const auto& [at, offset] : changes) {
        file += number(static_cast<std::uint64_t>(at), 8);
        indices += static_cast<char>(indices.size() + 1);
        types += number(static_cast<std::uint32_t>(offset), 4) + number(0, 2);
    }
    return file + indices + types + "UTC" + '\0' + '\n' + rule + '\n';
}

TimeZone zone_of(const std::string& rule, int first = 0, const std::vector<Change>& changes = {}) {
    auto zone = TimeZone::parse(zone_file(rule, first, changes), 0);
    REQUIRE(zone);
    return std::move(*zone);
}

constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr const char* kNewYork = "EST5EDT,M3.2.0,M11.1.0";
constexpr const char* kLordHowe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";

// "2026-03-29 02:30" as if it were UTC, or so many minutes `east` of it.
WallTime at(const char* text, int east = 0) {
    std::tm parts{};
    REQUIRE(::strptime(text, "%Y-%m-%d %H:%M", &parts) != nullptr);
    return ::timegm(&parts) - WallTime{east} * 60;
}

std::string show(WallTime time, const TimeZone& zone) {
    const std::time_t local = time + zone.offset(time);
    std::tm parts{};
    ::gmtime_r(&local, &parts);
    std::string text(64, '\0');
    text.resize(std::strftime(text.data(), text.size(), "%a %Y-%m-%d %H:%M", &parts));
    const int minutes = zone.offset(time) / 60;
    return text + (minutes < 0 ? " -" : " +") + std::to_string(std::abs(minutes));
}

// The next `count` dates of `cron` after `from`, each with its offset in minutes.
std::vector<std::string> dates(const std::string& cron, const TimeZone& zone, WallTime from,
                               int count) {
    const auto parsed = config::parse_cron(cron);
    REQUIRE(parsed);
    std::vector<std::string> out;
    std::optional<WallTime> next = from;
    while (count-- > 0 && (next = core::next_date(*parsed, zone, *next))) {
        out.push_back(show(*next, zone));
    }
    return out;
}

std::string next(const std::string& cron, const char* from) {
    const auto found = dates(cron, TimeZone{}, at(from), 1);
    return found.empty() ? "never" : found[0].substr(0, found[0].size() - 3);
}

using Dates = std::vector<std::string>;

}  // namespace

TEST_CASE("every field names the dates of a schedule") {
    CHECK(next("* * * * *", "2026-05-04 10:00") == "Mon 2026-05-04 10:01");
    CHECK(next("30 * * * *", "2026-05-04 10:30") == "Mon 2026-05-04 11:30");
    CHECK(next("*/20 * * * *", "2026-05-04 10:41") == "Mon 2026-05-04 11:00");
    CHECK(next("5,10-12 4 * * *", "2026-05-04 04:10") == "Mon 2026-05-04 04:11");
    CHECK(next("0 0 1 * *", "2026-12-31 23:59") == "Fri 2027-01-01 00:00");
    CHECK(next("0 12 * feb *", "2026-05-04 10:00") == "Mon 2027-02-01 12:00");
    CHECK(next("0 3 * * sun", "2026-05-04 10:00") == "Sun 2026-05-10 03:00");
    CHECK(next("0 3 * * 1-5", "2026-05-08 03:00") == "Mon 2026-05-11 03:00");
}

TEST_CASE("a moment after a full minute is before the next one") {
    const auto cron = config::parse_cron("* * * * *");
    CHECK(core::next_date(*cron, TimeZone{}, at("2026-05-04 10:00") + 1) == at("2026-05-04 10:01"));
    CHECK(core::next_date(*cron, TimeZone{}, at("2026-05-04 10:00") - 1) == at("2026-05-04 10:00"));
}

TEST_CASE("months that have no such day are passed over") {
    CHECK(next("0 0 31 * *", "2026-03-31 00:00") == "Sun 2026-05-31 00:00");
    CHECK(next("0 0 30 * *", "2026-01-30 00:00") == "Mon 2026-03-30 00:00");
    CHECK(next("0 0 29 2 *", "2026-05-04 10:00") == "Tue 2028-02-29 00:00");
    CHECK(next("0 0 29 2 *", "2096-03-01 00:00") == "Fri 2104-02-29 00:00");
    CHECK(next("0 0 29 2 */7", "2026-01-01 00:00") == "Sun 2032-02-29 00:00");
}

TEST_CASE("with both day fields named one of them is enough") {
    CHECK(next("0 0 13 * fri", "2026-05-04 10:00") == "Fri 2026-05-08 00:00");
    CHECK(next("0 0 13 * fri", "2026-05-08 10:00") == "Wed 2026-05-13 00:00");
    // A step is a star: then both must fit.
    CHECK(next("0 0 */2 * fri", "2026-05-04 10:00") == "Fri 2026-05-15 00:00");
}

TEST_CASE("a date that the clocks leave out runs at the first moment after it") {
    const auto berlin = zone_of(kBerlin);
    CHECK(dates("30 2 * * *", berlin, at("2026-03-27 12:00"), 3) ==
          Dates{"Sat 2026-03-28 02:30 +60", "Sun 2026-03-29 03:00 +120",
                "Mon 2026-03-30 02:30 +120"});
    // Several of them, and one that is due then anyway, are one run.
    CHECK(dates("*/20 2,3 * * *", berlin, at("2026-03-29 01:59", 60), 2) ==
          Dates{"Sun 2026-03-29 03:00 +120", "Sun 2026-03-29 03:20 +120"});
}

TEST_CASE("a date that the clocks show twice runs once") {
    CHECK(
        dates("30 2 * * *", zone_of(kBerlin), at("2026-10-24 12:00"), 3) ==
        Dates{"Sun 2026-10-25 02:30 +120", "Mon 2026-10-26 02:30 +60", "Tue 2026-10-27 02:30 +60"});
    CHECK(dates("30 1 * * *", zone_of(kNewYork), at("2026-10-31 12:00"), 2) ==
          Dates{"Sun 2026-11-01 01:30 -240", "Mon 2026-11-02 01:30 -300"});
}

TEST_CASE("every hour is every hour that passes") {
    const auto berlin = zone_of(kBerlin);
    CHECK(dates("30 * * * *", berlin, at("2026-10-25 01:00", 120), 4) ==
          Dates{"Sun 2026-10-25 01:30 +120", "Sun 2026-10-25 02:30 +120",
                "Sun 2026-10-25 02:30 +60", "Sun 2026-10-25 03:30 +60"});
    CHECK(dates("30 * * * *", berlin, at("2026-03-29 01:00", 60), 2) ==
          Dates{"Sun 2026-03-29 01:30 +60", "Sun 2026-03-29 03:30 +120"});
}

TEST_CASE("clocks may be half an hour off, and be put by half an hour") {
    CHECK(dates("0 6 * * *", zone_of("IST-5:30"), at("2026-05-04 00:00"), 2) ==
          Dates{"Mon 2026-05-04 06:00 +330", "Tue 2026-05-05 06:00 +330"});
    CHECK(dates("15 2 * * *", zone_of(kLordHowe), at("2026-10-03 00:00"), 2) ==
          Dates{"Sun 2026-10-04 02:30 +660", "Mon 2026-10-05 02:15 +660"});
    CHECK(dates("45 1 * * *", zone_of(kLordHowe), at("2026-04-04 00:00"), 2) ==
          Dates{"Sun 2026-04-05 01:45 +660", "Mon 2026-04-06 01:45 +630"});
}

TEST_CASE("a day that the calendar leaves out runs as the next one begins") {
    // Samoa had no 30 December 2011.
    const auto samoa = zone_of("<+14>-14", -10 * 3600, {{at("2011-12-30 10:00"), 14 * 3600}});
    CHECK(dates("0 12 * * *", samoa, at("2011-12-28 23:00"), 3) ==
          Dates{"Thu 2011-12-29 12:00 -600", "Sat 2011-12-31 00:00 +840",
                "Sat 2011-12-31 12:00 +840"});
}

TEST_CASE("what every hour does is what the clocks show, minute by minute") {
    const auto* cron = "*/7 * 25-31 3,10 *";
    const auto parsed = config::parse_cron(cron);
    for (const auto* rule : {kBerlin, kLordHowe, "<-03>3"}) {
        CAPTURE(rule);
        const auto zone = zone_of(rule);
        for (const auto* day : {"2026-03-28 00:00", "2026-10-24 00:00"}) {
            WallTime last = at(day);
            for (WallTime now = last + 60; now < at(day) + 3 * 86'400; now += 60) {
                const auto local = now + zone.offset(now);
                const auto date = std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(
                    std::chrono::sys_seconds{std::chrono::seconds{local}})};
                if (local / 60 % 60 % 7 == 0 && unsigned{date.day()} >= 25) {
                    const auto found = core::next_date(*parsed, zone, last);
                    REQUIRE(found.value_or(0) == now);
                    last = now;
                }
            }
        }
    }
}

TEST_CASE("a rule says what the clocks show, as the C library reads it") {
    for (const auto* rule : {kBerlin, kNewYork, kLordHowe, "UTC0", "IST-1GMT0,M10.5.0,M3.5.0/1",
                             "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "XST-3XDT,J60/0,J300",
                             "XST3XDT,59,299/26:30:15", "EET-2EEST,M3.4.4/50,M10.4.4/50"}) {
        CAPTURE(rule);
        const auto parsed = core::parse_zone_rule(rule);
        REQUIRE(parsed);
        ::setenv("TZ", rule, 1);
        ::tzset();
        for (WallTime time = at("2023-01-01 00:00"); time < at("2029-01-01 00:00"); time += 1'799) {
            const std::time_t moment = time;
            std::tm local{};
            ::localtime_r(&moment, &local);
            if (core::offset_by(*parsed, time) != local.tm_gmtoff) {
                CAPTURE(time);
                CHECK(core::offset_by(*parsed, time) == local.tm_gmtoff);
                break;
            }
        }
    }
    ::unsetenv("TZ");
    ::tzset();
}

TEST_CASE("what is no rule is refused") {
    for (const auto* rule :
         {"", "X0", "CET", "CET-", "CET-25", "<CET-1", "CET-1CEST", "CET-1CEST,M3.5.0",
          "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
          "CET-1CEST,J0,J300", "CET-1CEST,0,366", "CET-1CEST,M3.5.0,M10.5.0/168",
          "CET-1CEST,M3.5.0,M10.5.0x", "CET-1:60"}) {
        CAPTURE(rule);
        CHECK_FALSE(core::parse_zone_rule(rule));
    }
}

TEST_CASE("a zone file gives what was, what is listed, and the rule behind it") {
    const auto text = zone_file("IST-5:30", 3'600, {{1'000, 7'200}, {2'000, 0}, {3'000, 60}});
    const auto zone = TimeZone::parse(text, 0);
    REQUIRE(zone);
    CHECK(zone->offset(999) == 3'600);
    CHECK(zone->offset(1'000) == 7'200);
    CHECK(zone->offset(2'999) == 0);
    CHECK(zone->offset(3'000) == 19'800);

    const auto later = TimeZone::parse(text, 1'500);
    REQUIRE(later);
    CHECK(later->offset(1'500) == 7'200);
    CHECK(later->offset(2'500) == 0);
    // Without a rule the last change stays.
    CHECK(TimeZone::parse(zone_file("", 0, {{1'000, 7'200}}), 0)->offset(9'999) == 7'200);
}

TEST_CASE("a file that is no zone file, or is cut, is refused") {
    const auto text = zone_file("UTC0", 0, {{1'000, 3'600}});
    for (std::size_t size = 0; size + 6 < text.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(TimeZone::parse(std::string_view{text}.substr(0, size), 0));
    }
    CHECK_FALSE(TimeZone::parse(std::string(200, 'x'), 0));
    CHECK_FALSE(TimeZone::parse(zone_file("nonsense", 0, {}), 0));
    CHECK(TimeZone::parse(zone_file("UTC0", 0, {{1'000, 26 * 3'600 - 1}}), 0));
    CHECK_FALSE(TimeZone::parse(zone_file("UTC0", 0, {{1'000, 26 * 3'600}}), 0));
}
