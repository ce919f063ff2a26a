// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "control/protocol.hpp"

using namespace std::chrono_literals;
using control::decode_reply;
using control::decode_request;
using control::encode;
using control::ErrorCode;

namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(const control::Packet& packet) {
    return {packet.bytes().begin(), packet.bytes().end()};
}

control::Request waiting_request() {
    control::Request request;
    request.is_waiting = true;
    request.wait = 30s;
    request.name_count = 2;
    request.names[0] = control::Name{"mariadb"};
    request.names[1] = control::Name{"nginx"};
    return request;
}

control::Request signal_request() {
    control::Request request;
    request.op = control::Op::Manage;
    request.action = control::Action::Signal;
    request.signal = base::kSigUsr1;
    request.name_count = 1;
    request.names[0] = control::Name{"nginx"};
    return request;
}

control::ServiceReply busy_service() {
    control::ServiceReply service;
    static_cast<control::ServiceFacts&>(service) = {
        .health = control::Health::Healthy,
        .is_essential = true,
        .is_oneshot = true,
        .proves_ready = true,
        .ended_well = true,
        .pid = base::Pid{17},
        .restarts = 3,
        .attempt = 2,
        .limit = 5,
        .last_exit = base::ExitStatus::killed(base::Signal{11}, true),
        .log_lines = 1'000'000'000'000,
        .log_bytes = 1'000'000'000'001,
        .log_drops = 7,
        .hold = control::Hold::Requirement};
    service.name = control::Name{"wordpress"};
    service.state = control::Word{"up"};
    service.since = 90s;
    service.spawned = 100ms;
    service.executed = 300ms;
    service.ready = 1200ms;
    service.deadline = 5s;
    service.next_run = 1h;
    service.held_by = control::Name{"mariadb"};
    service.behind = control::Name{"redis"};
    service.status_text = control::Line{"5 workers"};
    service.step = control::Line{"wait-for tcp://mariadb:3306"};
    service.failure = control::Line{"'command' not found: nginx"};
    return service;
}

std::vector<control::Reply> one_of_each_reply() {
    return {control::ErrorReply{ErrorCode::UnknownService, control::Name{"redsi"}},
            control::HealthReply{control::Health::Starting, control::Mode::Service,
                                 control::Name{"wordpress"}, control::Word{"setup"}},
            control::StatusReply{.health = control::Health::Unhealthy,
                                 .mode = control::Mode::Command,
                                 .version = control::Word{"0.1.0"},
                                 .uptime = 3h,
                                 .total = 40,
                                 .first = 16,
                                 .count = 16,
                                 .generation = 1ULL << 40U,
                                 .reaped = 3,
                                 .forwarded = 4},
            busy_service(),
            control::ManageReply{.accepted = 2,
                                 .also_count = 20,
                                 .also = {control::Name{"php"}, control::Name{"nginx"}}},
            control::ReloadReply{control::ReloadReply::Outcome::Refused,
                                 control::LongText{"web.toml:1:1: error: no"}}};
}

}  // namespace

TEST_CASE("a request survives its journey") {
    const auto request = waiting_request();

    CHECK(decode_request(encode(request).bytes()) == request);
}

TEST_CASE("a request for a page behind a generation, and one for a change, survive their journey") {
    const control::Request status{.op = control::Op::Status,
                                  .is_waiting = true,
                                  .wait = 1s,
                                  .first = 16,
                                  .after = 1ULL << 40U};
    CHECK(decode_request(encode(status).bytes()) == status);

    auto manage = signal_request();
    CHECK(decode_request(encode(manage).bytes()) == manage);
}

TEST_CASE("every reply survives its journey") {
    for (const auto& reply : one_of_each_reply()) {
        CAPTURE(reply.index());
        CHECK(decode_reply(encode(reply).bytes()) == reply);
    }
}

TEST_CASE("a service that never ran and never ended survives its journey") {
    control::ServiceReply service;
    service.name = control::Name{"backup"};
    const control::Reply reply = service;

    const auto decoded = decode_reply(encode(reply).bytes());

    REQUIRE(decoded);
    CHECK(std::get<control::ServiceReply>(*decoded) == service);
    CHECK(!std::get<control::ServiceReply>(*decoded).last_exit);
    CHECK(!std::get<control::ServiceReply>(*decoded).spawned);
}

TEST_CASE("a message starts with magic, version and kind, as the page says") {
    const auto bytes = bytes_of(encode(control::Request{}));

    CHECK(bytes.size() == 1064);
    const Bytes head{bytes.begin(), bytes.begin() + 8};
    CHECK(head == Bytes{std::byte{'P'}, std::byte{'D'}, std::byte{'N'}, std::byte{'1'},
                        std::byte{2}, std::byte{0}, std::byte{1}, std::byte{0}});
}

TEST_CASE("the size of every reply is the one of the page") {
    const std::vector<std::size_t> sizes{74, 90, 70, 696, 1040, 1033};
    const auto replies = one_of_each_reply();

    for (std::size_t i = 0; i < replies.size(); ++i) {
        CHECK(encode(replies[i]).bytes().size() == sizes[i]);
    }
}

TEST_CASE("a packet of any other size is refused") {
    const auto request = bytes_of(encode(waiting_request()));
    for (std::size_t size = 0; size < request.size(); ++size) {
        CHECK(decode_request(std::span{request}.first(size)).error() == ErrorCode::BadRequest);
    }
    auto longer = request;
    longer.push_back(std::byte{0});
    CHECK(decode_request(longer).error() == ErrorCode::BadRequest);

    for (const auto& reply : one_of_each_reply()) {
        auto bytes = bytes_of(encode(reply));
        CHECK(decode_reply(std::span{bytes}.first(bytes.size() - 1)).error() ==
              ErrorCode::BadRequest);
        bytes.push_back(std::byte{0});
        CHECK(decode_reply(bytes).error() == ErrorCode::BadRequest);
    }
}

TEST_CASE("another version is told from garbage, whatever its size") {
    auto request = bytes_of(encode(waiting_request()));
    request[4] = std::byte{1};
    CHECK(decode_request(request).error() == ErrorCode::BadVersion);
    CHECK(decode_request(std::span{request}.first(8)).error() == ErrorCode::BadVersion);

    request[0] = std::byte{'X'};
    CHECK(decode_request(request).error() == ErrorCode::BadRequest);
}

TEST_CASE("a request with a bad field is refused") {
    auto request = bytes_of(encode(waiting_request()));

    SUBCASE("kind of a reply") {
        request[6] = std::byte{17};
    }
    SUBCASE("operation 0") {
        request[8] = std::byte{0};
    }
    SUBCASE("operation 4") {
        request[8] = std::byte{4};
    }
    SUBCASE("a change that names none") {
        request[8] = std::byte{3};
    }
    SUBCASE("flag that is not known") {
        request[10] = std::byte{3};
    }
    SUBCASE("negative wait") {
        request[23] = std::byte{0x80};
    }
    SUBCASE("17 names") {
        request[24] = std::byte{17};
    }
    SUBCASE("an action, and asks for health") {
        request[28] = std::byte{1};
    }
    SUBCASE("a signal, and asks for health") {
        request[30] = std::byte{1};
    }
    SUBCASE("a generation, and asks for health") {
        request[32] = std::byte{1};
    }
    SUBCASE("a page, and asks for health") {
        request[12] = std::byte{1};
    }
    SUBCASE("name without an end") {
        std::fill_n(request.begin() + 40, 64, std::byte{'a'});
    }

    CHECK(decode_request(request).error() == ErrorCode::BadRequest);
}

TEST_CASE("a request for a change with a bad field is refused") {
    auto request = bytes_of(encode(signal_request()));

    SUBCASE("no action") {
        request[28] = std::byte{0};
    }
    SUBCASE("action 6") {
        request[28] = std::byte{6};
    }
    SUBCASE("signal 0") {
        request[30] = std::byte{0};
    }
    SUBCASE("signal 65") {
        request[30] = std::byte{65};
    }
    SUBCASE("a signal for a start") {
        request[28] = std::byte{1};
    }
    SUBCASE("no name") {
        request[24] = std::byte{0};
    }

    CHECK(decode_request(request).error() == ErrorCode::BadRequest);
}

TEST_CASE("a reply with a bad field is refused") {
    const auto service = bytes_of(encode(control::Reply{busy_service()}));
    auto bad = service;

    SUBCASE("health 4") {
        bad[88] = std::byte{4};
    }
    SUBCASE("flag that is not known") {
        bad[89] = std::byte{32};
    }
    SUBCASE("hold 13") {
        bad[183] = std::byte{13};
    }
    SUBCASE("negative pid") {
        bad[93] = std::byte{0xff};
    }
    SUBCASE("negative time in the state") {
        bad[101] = std::byte{0xff};
    }
    SUBCASE("negative moment other than none") {
        bad[109] = std::byte{0x80};
    }
    SUBCASE("ending 4") {
        bad[154] = std::byte{4};
    }
    SUBCASE("signal 0") {
        bad[155] = std::byte{0};
    }
    SUBCASE("signal 65") {
        bad[155] = std::byte{65};
    }
    SUBCASE("exit code 256") {
        bad[154] = std::byte{1};
        bad[156] = std::byte{1};
    }

    REQUIRE(bad != service);
    CHECK(decode_reply(bad).error() == ErrorCode::BadRequest);
}

TEST_CASE("a page that lies about its size is refused") {
    control::StatusReply page{.total = 3, .first = 0, .count = 3};
    CHECK(decode_reply(encode(control::Reply{page}).bytes()));

    SUBCASE("more than there are") {
        page.count = 4;
    }
    SUBCASE("starts behind the end") {
        page.first = 4;
        page.count = 0;
    }
    SUBCASE("more than a page holds") {
        page.total = 100;
        page.count = control::kPageSize + 1;
    }

    CHECK(decode_reply(encode(control::Reply{page}).bytes()).error() == ErrorCode::BadRequest);
}

TEST_CASE("a wait beyond a day is cut to a day") {
    control::Request request;
    request.wait = base::Duration::max();
    CHECK(decode_request(encode(request).bytes())->wait == control::kMaxWait);

    auto bytes = bytes_of(encode(request));
    std::fill_n(bytes.begin() + 16, 7, std::byte{0xff});
    bytes[23] = std::byte{0x7f};
    CHECK(decode_request(bytes)->wait == control::kMaxWait);

    request.wait = -5s;
    CHECK(decode_request(encode(request).bytes())->wait == 0s);
}

TEST_CASE("a text is cut at its capacity and at a NUL, never inside a character") {
    CHECK(control::Word{"short"}.view() == "short");
    CHECK(control::Word{std::string(40, 'x')}.view() == std::string(15, 'x'));
    CHECK(control::Word{std::string_view{"a\0b", 3}}.view() == "a");
    // 14 letters and a three-byte sign: one byte would fit, so the sign goes as a whole.
    CHECK(control::Word{"abcdefghijklmn\u20ac"}.view() == "abcdefghijklmn");
    CHECK(control::Word{""}.is_empty());
}

TEST_CASE("what lies behind the end of a text does not travel") {
    const auto bytes = bytes_of(encode(waiting_request()));

    CHECK(std::all_of(bytes.begin() + 40 + 7, bytes.begin() + 40 + 64,
                      [](std::byte byte) { return byte == std::byte{0}; }));
}

TEST_CASE("bytes at random are refused or read, and what is read can be written again") {
    std::mt19937 random{42};
    auto seeds = one_of_each_reply();
    for (int round = 0; round < 20000; ++round) {
        auto request = bytes_of(encode(round % 2 == 0 ? waiting_request() : signal_request()));
        auto reply = bytes_of(encode(seeds[random() % seeds.size()]));
        for (int flips = 0; flips < 3; ++flips) {
            request[random() % 48] = static_cast<std::byte>(random());
            reply[random() % reply.size()] = static_cast<std::byte>(random());
        }
        if (const auto decoded = decode_request(request)) {
            CHECK(decode_request(encode(*decoded).bytes()) == *decoded);
        }
        if (const auto decoded = decode_reply(reply)) {
            CHECK(decode_reply(encode(*decoded).bytes()) == *decoded);
        }
    }
}

TEST_CASE("every health has a word") {
    CHECK(to_string(control::Health::Starting) == "starting");
    CHECK(to_string(control::Health::Healthy) == "healthy");
    CHECK(to_string(control::Health::Unhealthy) == "unhealthy");
    CHECK(to_string(control::Health::Stopping) == "stopping");
}
