// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "cli/analyze_view.hpp"

using namespace std::chrono_literals;

namespace {

control::ServiceReply service(std::string_view name, base::Duration spawned,
                              base::Duration executed, base::Duration ready,
                              std::string_view behind) {
    control::ServiceReply reply;
    reply.name = control::Name{name};
    reply.spawned = spawned;
    reply.executed = executed;
    reply.ready = ready;
    reply.behind = control::Name{behind};
    return reply;
}

/// db, then web, which waited for it; and log, for which nobody waited.
control::Client::Status site() {
    control::Client::Status status;
    status.services.push_back(service("web", 400ms, 600ms, 1000ms, "db"));
    status.services.push_back(service("db", 0ms, 100ms, 400ms, ""));
    status.services.push_back(service("log", 0ms, 0ms, 900ms, ""));
    control::ServiceReply never;
    never.name = control::Name{"never"};
    status.services.push_back(never);
    return status;
}

}  // namespace

TEST_CASE("before anything was started analyze says so") {
    CHECK(cli::analyze_text({}, 80) == "nothing has been started yet\n");
}

TEST_CASE("the time of a start is shown in the order of the forks, with bars to scale") {
    CHECK(cli::analyze_text(site(), 56) ==
          "SERVICE  AT       SET-UP   READY\n"
          "db       0ms      100ms    300ms    --======\n"
          "log      0ms      0ms      900ms    ==================\n"
          "web      400ms    200ms    400ms            ----========\n"
          "critical chain: db (400ms) > web (600ms), 1s in all\n");
}

TEST_CASE("what was started again later has a chain and a time of its own") {
    auto status = site();
    status.services.push_back(service("php", 9s, 9100ms, 9400ms, "db"));
    status.services.push_back(service("job", 20s, 20100ms, 20400ms, ""));
    CHECK(cli::analyze_text(status, 80).ends_with("critical chain: job (400ms), 400ms in all\n"));
}

TEST_CASE("a narrow terminal gets a short bar, not none") {
    CHECK(cli::analyze_text(site(), 10).find("=========\n") != std::string::npos);
}

TEST_CASE("a run that is not ready yet counts as far as it came") {
    control::Client::Status status;
    auto pending = service("web", 100ms, 300ms, 0ms, "");
    pending.ready.reset();
    status.services.push_back(pending);
    CHECK(cli::analyze_text(status, 46) ==
          "SERVICE  AT       SET-UP   READY\n"
          "web      100ms    200ms    -        ----------\n"
          "critical chain: web (200ms), 200ms in all\n");
}

TEST_CASE("a chain that goes in a circle ends") {
    control::Client::Status status;
    status.services.push_back(service("a", 0ms, 0ms, 1ms, "b"));
    status.services.push_back(service("b", 0ms, 0ms, 2ms, "a"));
    CHECK(cli::analyze_text(status, 60).find("critical chain: a (1ms) > b (2ms)") !=
          std::string::npos);
}

TEST_CASE("a chain whose last runs were ready in the same millisecond is whole") {
    control::Client::Status status;
    status.services.push_back(service("db", 0ms, 0ms, 2ms, ""));
    status.services.push_back(service("web", 2ms, 2ms, 2ms, "php"));
    status.services.push_back(service("php", 2ms, 2ms, 2ms, "db"));
    CHECK(cli::analyze_text(status, 60).find("critical chain: db (2ms) > php (0ms) > web (0ms)") !=
          std::string::npos);
}
