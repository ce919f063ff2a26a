// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "sys/spawn.hpp"
#include "sys/unix_socket.hpp"
#include "sys_support.hpp"

using base::Duration;
using sys_support::text_of;

namespace {

void check_conversation(const std::string& address) {
    const auto listener = sys::listen_on(address);
    REQUIRE(listener);
    CHECK_FALSE(sys::accept_client(listener->get())->has_value());
    const auto client = sys::connect_to(address, Duration{5000});
    REQUIRE(client);
    const auto accepted = sys::accept_client(listener->get());
    REQUIRE(accepted);
    REQUIRE(accepted->has_value());

    CHECK(sys::peer_credentials((*accepted)->get())->pid == sys::own_pid());
    CHECK(sys::peer_credentials(client->get())->uid == ::geteuid());
    REQUIRE(::send((*accepted)->get(), "hello", 5, 0) == 5);
    std::array<char, 16> buffer{};
    CHECK(::recv(client->get(), buffer.data(), buffer.size(), 0) == 5);
}

}  // namespace

TEST_CASE("client and server meet at a path that everybody may connect to") {
    const sys_support::TemporaryDirectory directory;
    check_conversation(directory / "control");

    struct stat info {};
    REQUIRE(::stat((directory / "control").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0666);
    check_conversation(directory / "control");
}

TEST_CASE("client and server meet at an abstract name") {
    check_conversation("@pidone-test-" + std::to_string(::getpid()));
}

TEST_CASE("something else than a socket at the path is left alone") {
    const sys_support::TemporaryDirectory directory;
    REQUIRE(sys::write_file_atomic(directory / "file", "precious", 0600));

    CHECK(text_of(sys::listen_on(directory / "file").error()) == text_of({"bind", EEXIST}));
    CHECK(sys::read_file(directory / "file", 100) == std::string{"precious"});
}

TEST_CASE("a path that is too long or has no server is told") {
    CHECK(sys::listen_on("/" + std::string(107, 'a')).error().code == ENAMETOOLONG);
    CHECK(sys::connect_to("", Duration{10}).error().code == EINVAL);
    CHECK(text_of(sys::connect_to("/nowhere/control", Duration{10}).error()) ==
          text_of({"connect", ENOENT}));
    CHECK(text_of(sys::connect_to("@pidone-nobody-listens", Duration{10}).error()) ==
          text_of({"connect", ECONNREFUSED}));
}

TEST_CASE("a receive ends at its timeout") {
    const auto address = "@pidone-timeout-" + std::to_string(::getpid());
    const auto listener = sys::listen_on(address);
    const auto client = sys::connect_to(address, Duration{5000});
    REQUIRE(client);
    REQUIRE(sys::set_receive_timeout(client->get(), Duration{20}));
    char byte = 0;

    CHECK(::recv(client->get(), &byte, 1, 0) == -1);
    CHECK(errno == EAGAIN);
}
