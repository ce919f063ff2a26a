// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "config/cron.hpp"

namespace {

core::Cron parsed(const std::string& text) {
    const auto cron = config::parse_cron(text);
    if (!cron) {
        FAIL(text << ": " << cron.error());
    }
    return cron.value_or(core::Cron{});
}

std::string refusal(const std::string& text) {
    const auto cron = config::parse_cron(text);
    return cron ? "" : cron.error();
}

std::vector<int> values(std::uint64_t bits) {
    std::vector<int> out;
    for (int i = 0; i < 64; ++i) {
        if ((bits >> i & 1) != 0) {
            out.push_back(i);
        }
    }
    return out;
}

using List = std::vector<int>;

}  // namespace

TEST_CASE("five fields are minute, hour, day, month and weekday") {
    const auto cron = parsed("5 4 3 2 1");

    CHECK(values(cron.minutes) == List{5});
    CHECK(values(cron.hours) == List{4});
    CHECK(values(cron.days) == List{3});
    CHECK(values(cron.months) == List{2});
    CHECK(values(cron.weekdays) == List{1});
    CHECK_FALSE(cron.any_day);
    CHECK_FALSE(cron.any_weekday);
}

TEST_CASE("a star is every value, and remembered for the two kinds of days") {
    const auto cron = parsed(" *\t* *  * * ");

    CHECK(values(cron.minutes).size() == 60);
    CHECK(values(cron.hours).size() == 24);
    CHECK(values(cron.days).size() == 31);
    CHECK(values(cron.days).front() == 1);
    CHECK(values(cron.months).size() == 12);
    CHECK(values(cron.weekdays) == List{0, 1, 2, 3, 4, 5, 6});
    CHECK(cron.any_day);
    CHECK(cron.any_weekday);
}

TEST_CASE("lists, ranges and steps can be put together") {
    const auto cron = parsed("*/15,7 9-17/4 1,15,31 */5 *");

    CHECK(values(cron.minutes) == List{0, 7, 15, 30, 45});
    CHECK(values(cron.hours) == List{9, 13, 17});
    CHECK(values(cron.days) == List{1, 15, 31});
    CHECK(values(cron.months) == List{1, 6, 11});
    CHECK(values(parsed("0 0 */10 * *").days) == List{1, 11, 21, 31});
    CHECK(parsed("0 0 */10 * 1").any_day);
}

TEST_CASE("months and weekdays have names, and Sunday is 0 and 7") {
    CHECK(values(parsed("0 0 * jan,DEC *").months) == List{1, 12});
    CHECK(values(parsed("0 0 * Mar-may *").months) == List{3, 4, 5});
    CHECK(values(parsed("0 0 * * mon-FRI").weekdays) == List{1, 2, 3, 4, 5});
    CHECK(values(parsed("0 0 * * 7").weekdays) == List{0});
    CHECK(values(parsed("0 0 * * 5-7").weekdays) == List{0, 5, 6});
    CHECK(values(parsed("0 0 * * sat-sun").weekdays) == List{0, 6});
    CHECK(values(parsed("0 0 * * sun").weekdays) == List{0});
    CHECK(values(parsed("0 0 * * */2").weekdays) == List{0, 2, 4, 6});
}

TEST_CASE("the words of cron stand for fields") {
    CHECK(values(parsed("@hourly").minutes) == List{0});
    CHECK(values(parsed("@hourly").hours).size() == 24);
    CHECK(values(parsed("@daily").hours) == List{0});
    CHECK(values(parsed("@midnight").hours) == List{0});
    CHECK(values(parsed("@weekly").weekdays) == List{0});
    CHECK(values(parsed("@monthly").days) == List{1});
    CHECK(values(parsed("@yearly").months) == List{1});
    CHECK(values(parsed("@annually").months) == List{1});
}

TEST_CASE("a date that no year has is refused, and one that some have is not") {
    const std::string none = "no year has such a date";

    CHECK(refusal("0 0 30 2 *") == none);
    CHECK(refusal("0 0 31 2,4,6,9,11 *") == none);
    CHECK(refusal("0 0 29 2 *") == "");
    CHECK(refusal("0 0 31 4,5 *") == "");
    CHECK(refusal("0 0 30 2 mon") == "");  // or a Monday
}

TEST_CASE("what is wrong with a field is said with what it may be") {
    const std::string forms =
        "expected \"every 6h\", five fields like \"0 3 * * *\" or a word like \"@daily\"";

    for (const char* text : {"", " ", "* * * *", "* * * * * *", "@reboot", "@Daily", "6h"}) {
        CAPTURE(text);
        CHECK(refusal(text) == forms);
    }
    CHECK(refusal("60 * * * *") == "the minute must be from 0 to 59, got '60'");
    CHECK(refusal("-1 * * * *") == "the minute must be from 0 to 59, got '-1'");
    CHECK(refusal("* 24 * * *") == "the hour must be from 0 to 23, got '24'");
    CHECK(refusal("* * 0 * *") == "the day of the month must be from 1 to 31, got '0'");
    CHECK(refusal("* * * 13 *") ==
          "the month must be from 1 to 12 or a name of three letters, got '13'");
    CHECK(refusal("* * * * 8") ==
          "the weekday must be from 0 to 7 or a name of three letters, got '8'");
    CHECK(refusal("* * * * monday") ==
          "the weekday must be from 0 to 7 or a name of three letters, got 'monday'");
    CHECK(refusal("* * * anf *") ==
          "the month must be from 1 to 12 or a name of three letters, got 'anf'");
    CHECK(refusal("1, * * * *") == "the minute must be from 0 to 59, got ''");
    CHECK(refusal("** * * * *") == "the minute must be from 0 to 59, got '**'");
    CHECK(refusal("*-5 * * * *") == "the minute must be from 0 to 59, got '*-5'");
    CHECK(refusal("9-5 * * * *") == "the minute range '9-5' runs backwards");
    CHECK(refusal("5/15 * * * *") == "a step needs '*' or a range in front, got '5/15'");
    CHECK(refusal("*/0 * * * *") == "a step must be from 1 to 59, got '*/0'");
    CHECK(refusal("*/60 * * * *") == "a step must be from 1 to 59, got '*/60'");
    CHECK(refusal("*/ * * * *") == "a step must be from 1 to 59, got '*/'");
    CHECK(refusal("*/2/3 * * * *") == "a step must be from 1 to 59, got '*/2/3'");
    CHECK(refusal("99999999999 * * * *") == "the minute must be from 0 to 59, got '99999999999'");
}
