// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "control/address.hpp"
#include "control_world.hpp"

using namespace control_test;

TEST_CASE("an empty path is a server that is off") {
    const auto server = Server::open("", 1);

    REQUIRE(server);
    CHECK(server->listen_fd() == -1);
    CHECK(server->name().empty());
}

TEST_CASE("the directory of the socket is made, and everybody may connect") {
    const TemporaryDirectory directory;
    const auto path = directory / "run/pidone/control";

    const auto server = Server::open(path, 1);

    REQUIRE(server);
    CHECK(server->name() == path);
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0666);
    REQUIRE(::stat((directory / "run/pidone").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0755);
}

TEST_CASE("a directory that exists keeps its mode") {
    const TemporaryDirectory directory;
    REQUIRE(::mkdir((directory / "run").c_str(), 0700) == 0);

    REQUIRE(Server::open(directory / "run/control", 1));

    struct stat info {};
    REQUIRE(::stat((directory / "run").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0700);
}

TEST_CASE("a socket left behind by a former PID 1 is replaced") {
    const TemporaryDirectory directory;
    const auto path = directory / "control";
    { REQUIRE(Server::open(path, 1)); }
    REQUIRE(std::filesystem::exists(path));

    const auto server = Server::open(path, 1);

    REQUIRE(server);
    CHECK(server->name() == path);
    CHECK(sys::connect_to(path, 1s));
}

TEST_CASE("where the path cannot be had, the abstract name of the container is taken") {
    const TemporaryDirectory directory;
    auto path = directory / "control";
    std::optional<Server> other;

    SUBCASE("a file stands in the way") {
        std::ofstream{path} << "mine";
    }
    SUBCASE("its directory cannot be made") {
        std::ofstream{directory / "file"} << "mine";
        path = directory / "file/control";
    }
    SUBCASE("somebody else serves it") {
        auto opened = Server::open(path, 1);
        REQUIRE(opened);
        other.emplace(std::move(*opened));
    }

    const auto server = Server::open(path, 1);

    REQUIRE(server);
    CHECK(server->name() == control::abstract_address());
    CHECK(sys::connect_to(server->name(), 1s));
    if (other) {
        CHECK(sys::connect_to(other->name(), 1s));
    }
}

TEST_CASE("when the abstract name is taken as well, the reason of the path is told") {
    const TemporaryDirectory directory;
    std::ofstream{directory / "control"} << "mine";
    const auto first = Server::open(directory / "control", 1);
    REQUIRE(first);

    const auto second = Server::open(directory / "control", 1);

    REQUIRE(!second);
    CHECK(second.error().code == EEXIST);
}
