// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "cli/status_view.hpp"

using namespace std::chrono_literals;
using control::Health;
using control::Mode;

namespace {

control::Client::Status site() {
    control::Client::Status status;
    status.container = {.health = Health::Healthy,
                        .mode = Mode::Service,
                        .version = control::Word{"1.2.3"},
                        .uptime = 3h + 12min,
                        .total = 2,
                        .first = 0,
                        .count = 2,
                        .generation = 1,
                        .reaped = 0,
                        .forwarded = 0};
    control::ServiceReply mariadb;
    mariadb.name = control::Name{"mariadb"};
    mariadb.state = control::Word{"up"};
    mariadb.health = Health::Healthy;
    mariadb.pid = base::Pid{7};
    mariadb.since = 3h + 12min;
    mariadb.spawned = 10ms;
    mariadb.ready = 1260ms;
    mariadb.status_text = control::Line{"Taking \"requests\"\n\xff"};
    status.services.push_back(mariadb);
    control::ServiceReply import;
    import.name = control::Name{"import"};
    import.state = control::Word{"failed"};
    import.health = Health::Unhealthy;
    import.since = 5s;
    import.restarts = 1;
    import.last_exit = base::ExitStatus::killed(base::kSigKill);
    status.services.push_back(import);
    return status;
}

}  // namespace

TEST_CASE("the line for docker's health log names the service that decided") {
    control::HealthReply reply{Health::Starting, Mode::Service, control::Name{"wordpress"},
                               control::Word{"setup"}};
    CHECK(cli::health_line(reply) == "starting: wordpress (setup)");

    reply = {Health::Healthy, Mode::Service, {}, {}};
    CHECK(cli::health_line(reply) == "healthy");

    reply = {Health::Healthy, Mode::Command, {}, {}};
    CHECK(cli::health_line(reply) == "healthy (command mode)");
}

TEST_CASE("the table of the status is aligned and safe for a terminal") {
    const std::vector<cli::Usage> usages{{true, 10 << 20, 1500ms, std::nullopt}, {}};

    CHECK(cli::status_table(site(), usages, {}) ==
          "healthy, up 3h12m, service mode, pidone 1.2.3\n"
          "SERVICE  STATE   PID  SINCE  HEALTH     RESTARTS  MEMORY  CPU   LAST EXIT          "
          "STATUS\n"
          "mariadb  up      7    3h12m  healthy    0         10M     1.5s  -                  "
          "Taking \"requests\"??\n"
          "import   failed  -    5s     unhealthy  1         -       -     killed by SIGKILL  -\n");
}

TEST_CASE("a narrow terminal costs the table its least important columns") {
    const auto table = cli::status_table(site(), {}, {.width = 60});
    CHECK(table.find("STATUS") == std::string::npos);
    CHECK(table.find("HEALTH") != std::string::npos);
}

TEST_CASE(
    "a text of more bytes than characters is as wide as it looks, and cut between characters") {
    auto status = site();
    status.services[0].status_text = control::Line{
        "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
        "\u00e9"};
    const auto all = cli::status_table(status, {}, {});
    CHECK(all.find("\u00e9\n") != std::string::npos);
    const auto width = all.find("STATUS\n") - all.find("SERVICE") + 16;
    const auto cut = cli::status_table(status, {}, {.width = width - 3});
    CHECK(
        cut.find(
            "  \u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\n") !=
        std::string::npos);
}

TEST_CASE("a low terminal gets the first services and how many more there are") {
    auto status = site();
    for (const auto* name : {"php", "nginx", "redis"}) {
        status.services.push_back(status.services[0]);
        status.services.back().name = control::Name{name};
    }
    const auto lines = [&](std::size_t height) {
        const auto table = cli::status_table(status, {}, {.height = height});
        return std::count(table.begin(), table.end(), '\n');
    };
    CHECK(lines(0) == 7);
    CHECK(lines(7) == 7);
    CHECK(lines(6) == 6);
    const auto table = cli::status_table(status, {}, {.height = 6});
    CHECK(table.find("php") != std::string::npos);
    CHECK(table.find("nginx") == std::string::npos);
    CHECK(table.ends_with("\n... and 2 more\n"));
}

TEST_CASE("what a terminal would obey is shown as a question mark") {
    CHECK(cli::printable("a\x1b[31mb\n\x7f") == "a?[31mb??");
    CHECK(cli::printable("caf\u00e9 \xc2\x9b"
                         "31m \u202e \xff\u20ac") == "caf\u00e9 ?31m ? ?\u20ac");
}

TEST_CASE("colour marks the state and nothing else") {
    const auto table = cli::status_table(site(), {}, {.has_colour = true});
    CHECK(table.find("\x1b[32mup\x1b[0m") != std::string::npos);
    CHECK(table.find("\x1b[31mfailed\x1b[0m") != std::string::npos);
}

TEST_CASE("the JSON of the status is one line with known keys") {
    const auto json = cli::status_json(site(), {});
    CHECK(json.starts_with(
        R"({"version":"1.2.3","mode":"service","health":"healthy","uptime":11520.000,)"
        R"("reaped":0,"forwarded":0,"services":[{"name":"mariadb","state":"up",)"
        R"("health":"healthy","pid":7,"since":11520.000,"ready":1.250,"restarts":0,)"));
    CHECK(json.find("\"status_text\":\"Taking \\\"requests\\\"\\u000a\xef\xbf\xbd\"}") !=
          std::string::npos);
    CHECK(json.find(R"("last_exit":{"signal":"SIGKILL","core":false})") != std::string::npos);
    CHECK(json.ends_with("]}\n"));
}

TEST_CASE("an exit code is an object in JSON too, so that it cannot be taken for a signal") {
    auto status = site();
    status.services.erase(status.services.begin());
    status.services[0].last_exit = base::ExitStatus::exited(3);

    CHECK(cli::status_json(status, {}).find(R"("last_exit":{"code":3})") != std::string::npos);
}

TEST_CASE("a JSON string escapes what it must and replaces what is no UTF-8") {
    CHECK(cli::json_string("a\\b\"c") == R"("a\\b\"c")");
    CHECK(cli::json_string(std::string_view{"\0\x1f\x7f", 3}) == R"("\u0000\u001f\u007f")");
    CHECK(cli::json_string("\xe2\x82\xac \xf0\x9f\x90\xb3") == "\"\xe2\x82\xac \xf0\x9f\x90\xb3\"");
    SUBCASE("cut sequence") {
        CHECK(cli::json_string("\xe2\x82") == "\"\ufffd\ufffd\"");
    }
    SUBCASE("overlong slash") {
        CHECK(cli::json_string("\xc0\xaf") == "\"\ufffd\ufffd\"");
    }
    SUBCASE("surrogate") {
        CHECK(cli::json_string("\xed\xa0\x80") == "\"\ufffd\ufffd\ufffd\"");
    }
    SUBCASE("beyond U+10FFFF") {
        CHECK(cli::json_string("\xf4\x90\x80\x80") == "\"\ufffd\ufffd\ufffd\ufffd\"");
    }
}
