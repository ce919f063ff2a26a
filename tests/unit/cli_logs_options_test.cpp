// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cli/logs_options.hpp"

using Words = std::vector<std::string>;

namespace {

constexpr std::int64_t kNow = 1'767'323'045'678;  // 2026-01-02T03:04:05.678Z

std::string error_of(const Words& words) {
    const auto options = cli::parse_logs_options(words, kNow);
    return options ? "" : options.error();
}

}  // namespace

TEST_CASE("logs without a word asks for all that is kept of all services") {
    const auto options = cli::parse_logs_options({}, kNow);

    REQUIRE(options);
    CHECK_FALSE(options->request.follows);
    CHECK(options->request.lines == logging::kAllLines);
    CHECK(options->request.since == INT64_MIN);
    CHECK(options->request.services.empty());
    CHECK_FALSE(options->control);
    CHECK_FALSE(options->has_timestamps);
    CHECK_FALSE(options->is_help);
}

TEST_CASE("logs takes its options before, between and behind names") {
    Words words;

    SUBCASE("short") {
        words = {"-f", "web", "-n", "20", "-t", "worker", "--since", "5m", "--control", "/c"};
    }
    SUBCASE("short, in one word") {
        words = {"-tfn20", "web", "worker", "--since", "5m", "--control", "/c"};
    }
    SUBCASE("short, the value behind its letter") {
        words = {"web", "-n20", "-ft", "worker", "--since", "5m", "--control", "/c"};
    }
    SUBCASE("long, values after =") {
        words = {"--follow",     "--lines=20", "--timestamps", "--since=5m",
                 "--control=/c", "web",        "worker"};
    }
    SUBCASE("long, values as words") {
        words = {"web",     "worker", "--lines",      "20",        "--follow",
                 "--since", "5m",     "--timestamps", "--control", "/c"};
    }

    const auto options = cli::parse_logs_options(words, kNow);
    REQUIRE(options);
    CHECK(options->request.follows);
    CHECK(options->request.lines == 20);
    CHECK(options->request.since == kNow - 300'000);
    CHECK(options->request.services == Words{"web", "worker"});
    CHECK(options->control == "/c");
    CHECK(options->has_timestamps);
}

TEST_CASE("logs takes a time for --since, and 0 lines") {
    const Words words{"--since", "2026-01-02T03:04:05Z", "-n", "0"};
    const auto options = cli::parse_logs_options(words, kNow);
    REQUIRE(options);
    CHECK(options->request.since == 1'767'323'045'000);
    const Words day{"--since=2026-01-02"};
    CHECK(cli::parse_logs_options(day, kNow)->request.since == 1'767'312'000'000);
    CHECK(options->request.lines == 0);
}

TEST_CASE("logs -h is help") {
    for (const auto* word : {"-h", "--help"}) {
        const Words words{word};
        CHECK(cli::parse_logs_options(words, kNow)->is_help);
    }
}

TEST_CASE("logs names what is wrong") {
    CHECK(error_of({"-x"}) == "unknown option '-x', expected -f, -n, --since, -t or --control");
    CHECK(error_of({"--followed"}).starts_with("unknown option '--followed'"));
    for (const Words& words : {Words{"-n"}, Words{"-n", "x"}, Words{"-n", "1x"}, Words{"-n", "-1"},
                               Words{"--lines="}, Words{"-n", "4294967296"}}) {
        CHECK(error_of(words).starts_with("'-n' needs the number of lines, got '"));
    }
    for (const Words& words :
         {Words{"--since"}, Words{"--since=yesterday"}, Words{"--since", "5"}}) {
        CHECK(error_of(words).starts_with("'--since' needs a duration like 5m or a time like"));
    }
    CHECK(error_of({"--control"}) == "'--control' needs the path of a socket");
    CHECK(error_of({""}) == "'' is no name of a service");
    CHECK(error_of({std::string(256, 'a')}).ends_with("is no name of a service"));
    CHECK(error_of(Words(32, "web")).empty());
    CHECK(error_of(Words(33, "web")).starts_with("at most 32 services can be named"));
}
