// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "cli/client_options.hpp"

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

TEST_CASE("healthcheck without a word asks for the container, at once") {
    const auto options = cli::parse_healthcheck_options({});

    REQUIRE(options);
    CHECK(!options->wait);
    CHECK(!options->control);
    CHECK(options->services.empty());
}

TEST_CASE("healthcheck takes its options and then names") {
    Words words;

    SUBCASE("values as words") {
        words = {"--wait", "30s", "--control", "/c", "nginx", "--x"};
    }
    SUBCASE("values after =") {
        words = {"--wait=30s", "--control=/c", "nginx", "--x"};
    }
    SUBCASE("-- ends the options") {
        words = {"--wait=30s", "--control=/c", "--", "nginx", "--x"};
    }

    const auto options = cli::parse_healthcheck_options(words);
    REQUIRE(options);
    CHECK(options->wait == 30s);
    CHECK(options->control == "/c");
    CHECK(options->services == Words{"nginx", "--x"});
}

TEST_CASE("a wrong healthcheck command line says what was expected") {
    struct Row {
        Words words;
        std::string message;
    };
    const std::vector<Row> rows{
        {{"--wait"}, "'--wait' needs a duration like 30s"},
        {{"--wait", "30"}, "'--wait' must be a duration like 30s, got '30'"},
        {{"--wait="}, "'--wait' must be a duration like 30s, got ''"},
        {{"--control"}, "'--control' needs the path of a socket"},
        {{"--wat=30s"}, "unknown option '--wat=30s', expected --wait or --control"},
        {{""}, "'' is no name of a service"},
        {Words(17, "x"),
         "at most 16 services can be named; without a name the whole container is meant"},
    };

    for (const auto& row : rows) {
        const auto options = cli::parse_healthcheck_options(row.words);
        REQUIRE(!options);
        CHECK(options.error() == row.message);
    }
}

TEST_CASE("status takes --json and --control and no name") {
    const Words words{"--json", "--control=@pidone-1-2"};
    const auto options = cli::parse_status_options(words);
    REQUIRE(options);
    CHECK(options->is_json);
    CHECK(cli::named_control(*options) == "@pidone-1-2");

    const Words named{"nginx"};
    CHECK(cli::parse_status_options(named).error() ==
          "'status' takes no service, got 'nginx'; it prints all of them");
    const Words unknown{"--watch"};
    CHECK(cli::parse_status_options(unknown).error() ==
          "unknown option '--watch', expected --json or --control");
}

TEST_CASE("help is asked for in either way") {
    const Words words{"-h"};
    CHECK(cli::parse_healthcheck_options(words)->is_help);
    const Words word{"--help"};
    CHECK(cli::parse_status_options(word)->is_help);
}
