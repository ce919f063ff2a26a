// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "log/pump_protocol.hpp"

namespace {

using logging::LogReply;
using logging::LogRequest;

}  // namespace

TEST_CASE("a request for logs arrives as it was sent") {
    const LogRequest request{
        .follows = true, .lines = 10, .since = -5, .services = {"web", "db@1"}};
    const auto got = logging::decode_log_request(logging::encode(request));
    REQUIRE(got);
    CHECK(got->follows);
    CHECK(got->lines == 10);
    CHECK(got->since == -5);
    CHECK(got->services == request.services);
}

TEST_CASE("a request that is cut, too long or of another version is none") {
    auto packet = logging::encode(LogRequest{.services = {"web"}});
    for (std::size_t size = 0; size < packet.size(); ++size) {
        CHECK_FALSE(logging::decode_log_request(std::span{packet}.first(size)));
    }
    auto longer = packet;
    longer.push_back(std::byte{0});
    CHECK_FALSE(logging::decode_log_request(longer));
    packet[0] = std::byte{99};
    CHECK_FALSE(logging::decode_log_request(packet));
}

TEST_CASE("a reply arrives as it was sent, with the longest of texts") {
    std::array<std::byte, logging::kMaxLogPacket> buffer{};
    const std::string text(logging::kMaxServiceLine, 'x');
    const auto packet = logging::encode(LogReply{.kind = LogReply::Kind::Line,
                                                 .stream = logging::Stream::Err,
                                                 .ends_line = false,
                                                 .time = 77,
                                                 .service = "web",
                                                 .text = text},
                                        buffer);
    const auto got = logging::decode_log_reply(packet);
    REQUIRE(got);
    CHECK(got->kind == LogReply::Kind::Line);
    CHECK(got->stream == logging::Stream::Err);
    CHECK_FALSE(got->ends_line);
    CHECK(got->time == 77);
    CHECK(got->service == "web");
    CHECK(got->text == text);
}

TEST_CASE("a reply that makes no sense is none") {
    std::array<std::byte, logging::kMaxLogPacket> buffer{};
    const auto packet =
        logging::encode(LogReply{.kind = LogReply::Kind::Unknown, .service = "web"}, buffer);
    std::vector<std::byte> bytes{packet.begin(), packet.end()};
    CHECK_FALSE(logging::decode_log_reply(std::span{bytes}.first(bytes.size() - 1)));
    CHECK_FALSE(logging::decode_log_reply(std::span{bytes}.first(4)));
    bytes[1] = std::byte{0};
    CHECK_FALSE(logging::decode_log_reply(bytes));
    bytes[1] = std::byte{200};
    CHECK_FALSE(logging::decode_log_reply(bytes));
}
