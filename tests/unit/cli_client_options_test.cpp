// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "cli/client_options.hpp"

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

TEST_CASE("healthcheck without a word asks for the container, at once") {
    const auto options = cli::parse_client_options("healthcheck", {});

    REQUIRE(options);
    CHECK(!options->wait);
    CHECK(!options->control);
    CHECK(options->services.empty());
}

TEST_CASE("healthcheck takes its options and then names") {
    Words words;

    SUBCASE("values as words") {
        words = {"--wait", "30s", "--control", "/c", "nginx", "--", "--x"};
    }
    SUBCASE("values after =") {
        words = {"nginx", "--wait=30s", "--control=/c", "--", "--x"};
    }
    SUBCASE("-- ends the options") {
        words = {"--wait=30s", "--control=/c", "--", "nginx", "--x"};
    }

    const auto options = cli::parse_client_options("healthcheck", words);
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
        const auto options = cli::parse_client_options("healthcheck", row.words);
        REQUIRE(!options);
        CHECK(options.error() == row.message);
    }
}

TEST_CASE("status takes its options and names") {
    const Words words{"--json", "nginx", "--watch", "--control=@pidone-1-2"};
    const auto options = cli::parse_client_options("status", words);
    REQUIRE(options);
    CHECK(options->is_json);
    CHECK(options->is_watch);
    CHECK(options->services == Words{"nginx"});
    CHECK(cli::named_control(options->control) == "@pidone-1-2");
}

TEST_CASE("a wrong line of the other clients says what was expected") {
    struct Row {
        std::string command;
        Words words;
        std::string message;
    };
    const std::vector<Row> rows{
        {"status", {"--wach"}, "unknown option '--wach', expected --json, --watch or --control"},
        {"status", {"--json=1"}, "'--json' takes no value"},
        {"start", {}, "'start' needs the name of a service; 'pidone status' lists them"},
        {"stop", {"web", "--timeout", "5"}, "'--timeout' must be a duration like 30s, got '5'"},
        {"wait", {"web"}, "'wait' needs --for ready, --for done or --for stopped"},
        {"wait", {"web", "--for", "up"}, "'--for' must be ready, done or stopped, got 'up'"},
        {"signal", {}, "'signal' needs a signal and the name of a service"},
        {"signal",
         {"USR9", "web"},
         "'USR9' is no signal; write pidone signal SIG SERVICE, with a SIG like HUP"},
        {"why", {"a", "b"}, "at most 1 service can be named"},
        {"analyze", {"a"}, "'analyze' takes no service, got 'a'"},
        {"graph", {"-c"}, "'-c' needs a path"},
        {"graph",
         {"/etc"},
         "'graph' takes no service, got '/etc'; name a directory or a file with -c"},
        {"graph", {"--format=png"}, "'--format' must be text, dot or mermaid, got 'png'"},
    };

    for (const auto& row : rows) {
        CAPTURE(row.command);
        const auto options = cli::parse_client_options(row.command, row.words);
        REQUIRE(!options);
        CHECK(options.error() == row.message);
    }
}

TEST_CASE("help is asked for in either way") {
    const Words words{"-h"};
    CHECK(cli::parse_client_options("healthcheck", words)->is_help);
    const Words word{"--help"};
    CHECK(cli::parse_client_options("status", word)->is_help);
}
