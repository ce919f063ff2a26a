// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "sys/environment.hpp"
#include "sys/files.hpp"
#include "sys/notify.hpp"
#include "sys/spawn.hpp"

using Kind = sys::NotifyReceipt::Kind;

namespace {

void send_with_descriptor(std::string_view name, std::string text, int fd) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
    iovec part{text.data(), text.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
    msghdr header{};
    header.msg_name = &address;
    header.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    const sys::UniqueFd sender{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    REQUIRE(::sendmsg(sender.get(), &header, 0) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("a datagram says several things at once") {
    const auto message = sys::parse_notify(
        "READY=1\nSTATUS=two words = fine\nMAINPID=42\nEXTEND_TIMEOUT_USEC=1500000\nX_OTHER=1\n");

    REQUIRE(message);
    CHECK(message->is_ready);
    CHECK_FALSE(message->is_stopping);
    CHECK(message->has_status);
    CHECK(message->status == "two words = fine");
    CHECK(message->main_pid == base::Pid{42});
    CHECK(message->extend_usec == 1'500'000);
}

TEST_CASE("the watchdog is fed by 1, failed by trigger, and changed by a number") {
    CHECK(sys::parse_notify("WATCHDOG=1")->feeds_watchdog);
    CHECK_FALSE(sys::parse_notify("WATCHDOG=1")->fails_watchdog);
    CHECK(sys::parse_notify("READY=1\nWATCHDOG=trigger")->fails_watchdog);
    CHECK_FALSE(sys::parse_notify("WATCHDOG=2")->feeds_watchdog);
    CHECK(sys::parse_notify("WATCHDOG_USEC=2000000")->watchdog_usec == 2'000'000);
    CHECK_FALSE(sys::parse_notify("WATCHDOG_USEC=2s"));
    CHECK_FALSE(sys::parse_notify("READY=1")->watchdog_usec);
}

TEST_CASE("only the value 1 makes it ready or stopping") {
    CHECK_FALSE(sys::parse_notify("READY=0")->is_ready);
    CHECK_FALSE(sys::parse_notify("READY")->is_ready);
    CHECK_FALSE(sys::parse_notify(" READY=1")->is_ready);
    CHECK(sys::parse_notify("STOPPING=1")->is_stopping);
    CHECK_FALSE(sys::parse_notify("RELOADING=1\nMONOTONIC_USEC=1")->is_stopping);
}

TEST_CASE("a datagram with a NUL byte, a wrong number or too many bytes is refused") {
    CHECK_FALSE(sys::parse_notify(std::string_view{"READY=1\0", 8}));
    CHECK_FALSE(sys::parse_notify("MAINPID=-1"));
    CHECK_FALSE(sys::parse_notify("MAINPID=0"));
    CHECK_FALSE(sys::parse_notify("MAINPID=12x"));
    CHECK_FALSE(sys::parse_notify("MAINPID=99999999999"));
    CHECK_FALSE(sys::parse_notify("EXTEND_TIMEOUT_USEC="));
    CHECK_FALSE(sys::parse_notify("EXTEND_TIMEOUT_USEC=99999999999999999999"));
    CHECK_FALSE(sys::parse_notify(std::string(sys::kNotifyMax + 1, 'a')));
    CHECK(sys::parse_notify("MAINPID=x").error() ==
          std::string_view{"its MAINPID is no process id"});
}

TEST_CASE("a message arrives with its sender") {
    const auto socket = sys::open_notify_socket();
    REQUIRE(socket);
    REQUIRE(socket->name().size() == 6);
    REQUIRE(sys::send_notify(socket->name(), "READY=1"));
    std::array<char, sys::kNotifyMax> buffer{};

    const auto receipt = sys::receive_notify(socket->fd.get(), buffer);

    REQUIRE(receipt);
    CHECK(receipt->kind == Kind::Message);
    CHECK(receipt->message.is_ready);
    CHECK(receipt->sender == sys::own_pid());
    CHECK(receipt->uid == ::getuid());
    CHECK(sys::receive_notify(socket->fd.get(), buffer)->kind == Kind::Nothing);
}

TEST_CASE("a datagram that is too long is refused, and the next one is read") {
    const auto socket = sys::open_notify_socket();
    REQUIRE(sys::send_notify(socket->name(), std::string(sys::kNotifyMax + 1, 'a')));
    REQUIRE(sys::send_notify(socket->name(), "STOPPING=1"));
    std::array<char, sys::kNotifyMax> buffer{};

    CHECK(sys::receive_notify(socket->fd.get(), buffer)->kind == Kind::Refused);
    CHECK(sys::receive_notify(socket->fd.get(), buffer)->message.is_stopping);
}

TEST_CASE("a datagram with descriptors is refused and the descriptors are closed") {
    const auto socket = sys::open_notify_socket();
    const auto before = sys::list_directory("/proc/self/fd")->size();
    send_with_descriptor(socket->name(), "READY=1", 0);
    std::array<char, sys::kNotifyMax> buffer{};

    CHECK(sys::receive_notify(socket->fd.get(), buffer)->kind == Kind::Refused);
    CHECK(sys::list_directory("/proc/self/fd")->size() == before);
}

TEST_CASE("a barrier is answered by closing its descriptor") {
    const auto socket = sys::open_notify_socket();
    const auto before = sys::list_directory("/proc/self/fd")->size();
    send_with_descriptor(socket->name(), "BARRIER=1", 0);
    std::array<char, sys::kNotifyMax> buffer{};

    CHECK(sys::receive_notify(socket->fd.get(), buffer)->kind == Kind::Barrier);
    CHECK(sys::list_directory("/proc/self/fd")->size() == before);
}

TEST_CASE("an address for the message upwards is checked") {
    CHECK(sys::send_notify("", "READY=1").error().code == EINVAL);
    CHECK(sys::send_notify("vsock:2:1", "READY=1").error().code == EINVAL);
    CHECK(sys::send_notify("/" + std::string(200, 'a'), "READY=1").error().code == ENAMETOOLONG);
    CHECK(sys::send_notify("/nowhere/at/all", "READY=1").error().code == ENOENT);
}

TEST_CASE("a variable is found by its whole name") {
    REQUIRE(::setenv("PIDONE_TEST_VARIABLE", "a=b", 1) == 0);

    CHECK(sys::get_variable("PIDONE_TEST_VARIABLE") == "a=b");
    CHECK_FALSE(sys::get_variable("PIDONE_TEST_VARIABL"));
    CHECK_FALSE(sys::get_variable("PIDONE_TEST_VARIABLE_"));
    REQUIRE(::unsetenv("PIDONE_TEST_VARIABLE") == 0);
}

TEST_CASE("the namespaces of this process have numbers") {
    CHECK(sys::namespace_inode("mnt"));
    CHECK(sys::namespace_inode("pid"));
    CHECK_FALSE(sys::namespace_inode("nonsense"));
}
