// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "cli/probe_options.hpp"

using namespace std::chrono_literals;

namespace {

auto parse(const std::vector<std::string>& words) {
    return cli::parse_probe_options(words);
}

}  // namespace

TEST_CASE("probe takes URLs and options in any order") {
    const auto options = parse({"tcp://db:3306", "--timeout", "5s", "file:/x", "--interval=20ms"});

    REQUIRE(options);
    REQUIRE(options->endpoints.size() == 2);
    CHECK(options->endpoints[0].port == 3306);
    CHECK(options->endpoints[1].path == "/x");
    CHECK(options->timeout == 5s);
    CHECK(options->interval == 20ms);
}

TEST_CASE("probe exec takes everything after -- as the command") {
    const auto options = parse({"--timeout=1s", "exec", "--", "redis-cli", "--timeout", "ping"});

    REQUIRE(options);
    CHECK(options->command == std::vector<std::string>{"redis-cli", "--timeout", "ping"});
    CHECK(options->timeout == 1s);
}

TEST_CASE("probe names what is wrong with its words") {
    CHECK(parse({}).error() == "expected URLs, or 'exec -- COMMAND'");
    CHECK(parse({"exec"}).error() == "'exec' needs a command after '--'");
    CHECK(parse({"exec", "--"}).error() == "'exec' needs a command after '--'");
    CHECK(parse({"exec", "true"}).error() == "'exec' needs its command after '--', got 'true'");
    CHECK(parse({"--timeout"}).error() == "'--timeout' needs a duration like 30s");
    CHECK(parse({"--timeout=soon"}).error() ==
          "'--timeout' must be a duration like 30s, got 'soon'");
    CHECK(parse({"--timeouts", "1s"}).error() ==
          "unknown option '--timeouts'; expected --timeout or --interval");
    CHECK(parse({"db:3306"}).error().starts_with("'db:3306': "));
}
