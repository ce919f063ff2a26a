// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>

#include "sys/fd.hpp"
#include "sys/send_queues.hpp"
#include "sys_support.hpp"

namespace {

sys::SendQueues count(std::string_view line) {
    sys::SendQueues queues;
    sys::count_tcp_line(line, queues);
    return queues;
}

}  // namespace

TEST_CASE("an orphan that still sends is counted") {
    const sys::SendQueues expected{1, 0x1f40};

    for (const char* state : {"04", "09", "0B"}) {
        CAPTURE(state);
        const auto line =
            "   3: 0100007F:1F90 0100007F:D2AC " + std::string{state} +
            " 00001F40:00000000 01:00000014 00000000     0        0 0 2 ffff8881 20 4 "
            "30 10 -1";
        CHECK(count(line) == expected);
    }
}

TEST_CASE("an orphan whose peer has everything but has not closed is counted as such") {
    const sys::SendQueues expected{0, 0, 1};

    CHECK(count("   3: 0100007F:1F90 0100007F:D2AC 05 00000000:00000000 01:00000014 00000000     0 "
                "       0 0 2 ffff8881 20 4 30 10 -1") == expected);
}

TEST_CASE("other states, empty queues and sockets of a process are not counted") {
    const sys::SendQueues none{};

    CHECK(
        count("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
              "timeout inode") == none);
    CHECK(
        count("0: 0100007F:1F90 0100007F:D2AC 01 00001F40:00000000 01:00000014 00000000 0 0 0 2") ==
        none);
    CHECK(
        count("0: 0100007F:1F90 0100007F:D2AC 06 00001F40:00000000 03:00000014 00000000 0 0 0 2") ==
        none);
    CHECK(
        count("0: 0100007F:1F90 0100007F:D2AC 04 00000000:00000000 01:00000014 00000000 0 0 0 2") ==
        none);
    CHECK(
        count(
            "0: 0100007F:1F90 0100007F:D2AC 04 00001F40:00000000 01:00000014 00000000 0 0 77 2") ==
        none);
    CHECK(count("") == none);
    CHECK(count("0: a b 04") == none);
}

TEST_CASE("what a closed connection has still to send is seen in the kernel's table") {
    const sys::UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener.get(), generic, length) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    REQUIRE(::getsockname(listener.get(), generic, &length) == 0);
    sys::UniqueFd sender{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    REQUIRE(::connect(sender.get(), generic, length) == 0);
    sys::UniqueFd receiver{::accept(listener.get(), nullptr, nullptr)};
    const auto before = sys::read_send_queues();
    REQUIRE(before);

    std::array<char, 65536> block{};
    while (::send(sender.get(), block.data(), block.size(), MSG_DONTWAIT) > 0) {
    }
    sender.reset();

    const auto after = sys::read_send_queues();
    REQUIRE(after);
    CHECK(after->sockets >= 1);
    CHECK(after->bytes > before->bytes);
}

TEST_CASE("the network namespace is told apart") {
    CHECK(sys::network_namespace() != sys::NetworkNamespace::Unknown);
}
