// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "sys/listen_socket.hpp"
#include "sys_support.hpp"

namespace {

// The port that the kernel chose for a listener.
std::uint16_t port_of(int fd) {
    sockaddr_in6 address{};
    socklen_t length = sizeof address;
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    return ntohs(address.sin6_port);
}

int connect_unix(const std::string& path) {
    const sys::UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    return ::connect(fd.get(), generic, sizeof address) == 0 ? 0 : errno;
}

unsigned mode_of(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0U;
}

}  // namespace

TEST_CASE("a TCP port that somebody listens on cannot be had") {
    const auto first = sys::listen_tcp("127.0.0.1", 0, false);
    REQUIRE(first);
    const auto second = sys::listen_tcp("127.0.0.1", port_of(first->get()), false);

    REQUIRE_FALSE(second);
    CHECK(second.error().code == EADDRINUSE);
}

TEST_CASE("a TCP listener needs an address of this machine") {
    CHECK(sys::listen_tcp("localhost", 80, false).error().code == EINVAL);
    CHECK(sys::listen_tcp("192.0.2.1", 1, false).error().code == EADDRNOTAVAIL);
}

TEST_CASE("[::] takes IPv4 connections, unless it is told not to") {
    const auto both = sys::listen_tcp("::", 0, false);
    if (!both && both.error().code == EAFNOSUPPORT) {
        return;
    }
    REQUIRE(both);
    CHECK_FALSE(sys::listen_tcp("0.0.0.0", port_of(both->get()), false));
    const auto v6_only = sys::listen_tcp("::", 0, true);
    REQUIRE(v6_only);
    CHECK(sys::listen_tcp("0.0.0.0", port_of(v6_only->get()), false));
}

TEST_CASE("a unix listener has its mode whatever the umask is, and makes its directory") {
    const sys_support::TemporaryDirectory directory;
    const auto path = directory / "deep/er/socket";
    const auto mask = ::umask(077);
    const auto listener = sys::listen_unix(path, 0666, std::nullopt);
    CHECK(::umask(mask) == 077);

    REQUIRE(listener);
    CHECK(mode_of(path) == 0666U);
    CHECK(connect_unix(path) == 0);
}

TEST_CASE("a stale unix socket is replaced, and a living one is not") {
    const sys_support::TemporaryDirectory directory;
    const auto path = directory / "socket";
    REQUIRE(sys::listen_unix(path, 0600, std::nullopt));  // closed at once, its path stays
    CHECK(connect_unix(path) == ECONNREFUSED);
    const auto living = sys::listen_unix(path, 0600, std::nullopt);
    REQUIRE(living);

    CHECK(sys::listen_unix(path, 0600, std::nullopt).error().code == EADDRINUSE);
    CHECK(connect_unix(path) == 0);
}

TEST_CASE("a file or a too long path is no place for a unix socket") {
    const sys_support::TemporaryDirectory directory;
    REQUIRE(sys::write_file_atomic(directory / "file", "precious", 0600));

    CHECK(sys::listen_unix(directory / "file", 0600, std::nullopt).error().code == EADDRINUSE);
    CHECK(mode_of(directory / "file") == 0600U);
    CHECK(sys::listen_unix(directory / std::string(120, 'a'), 0600, std::nullopt).error().code ==
          ENAMETOOLONG);
}

TEST_CASE("only the listener's own socket is removed") {
    const sys_support::TemporaryDirectory directory;
    const auto path = directory / "socket";
    auto old = sys::listen_unix(path, 0600, std::nullopt);
    REQUIRE(old);
    old->fd.reset();
    const auto successor = sys::listen_unix(path, 0600, std::nullopt);
    REQUIRE(successor);

    // The kernel may give the same number to the next file, so the old one's is made another.
    ++old->inode;
    sys::remove_socket(path, *old);
    CHECK(connect_unix(path) == 0);
    sys::remove_socket(path, *successor);
    CHECK(connect_unix(path) == ENOENT);
}
