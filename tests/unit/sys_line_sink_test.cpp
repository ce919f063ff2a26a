// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>

#include "sys/clock.hpp"
#include "sys/line_sink.hpp"
#include "sys/privileges.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"
#include "sys_support.hpp"

using base::Duration;

namespace {

std::string read_all_now(int fd) {
    REQUIRE(sys::set_nonblocking(fd, true));
    std::string text;
    std::array<char, 65536> buffer{};
    for (ssize_t got = 0; (got = ::read(fd, buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

}  // namespace

TEST_CASE("a full pipe drops lines and counts them, and the shared description still blocks") {
    auto pipe = sys::pipe_cloexec();
    auto sink = sys::LineSink::open(pipe->write.get());
    std::uint64_t written = 0;
    while (sink.write("a line of 22 bytes...\n")) {
        ++written;
    }
    CHECK(written > 100);
    CHECK(sink.dropped() == 1);
    CHECK_FALSE(sink.write("another\n"));
    CHECK(sink.dropped() == 2);
    CHECK((::fcntl(pipe->write.get(), F_GETFL) & O_NONBLOCK) == 0);

    CHECK(read_all_now(pipe->read.get()).size() == written * 22);

    CHECK(sink.write("again\n"));
    CHECK(read_all_now(pipe->read.get()) == "again\n");
}

TEST_CASE("a pipe whose reader is gone costs the line, and no signal stays pending") {
    const int code = sys_support::exit_code_of([] {
        sys::restore_mask(~std::uint64_t{0});
        auto pipe = sys::pipe_cloexec();
        auto sink = sys::LineSink::open(pipe->write.get());
        pipe->read.reset();
        if (sink.write("x\n") || sink.dropped() != 1) {
            return 1;
        }
        sigset_t pending;
        ::sigpending(&pending);
        return sigismember(&pending, SIGPIPE) == 0 ? 0 : 2;
    });
    CHECK(code == 0);
}

TEST_CASE("a closed descriptor swallows everything") {
    auto sink = sys::LineSink::open(-1);
    const auto begin = sys::now();

    CHECK_FALSE(sink.write("x\n"));
    sink.drain(Duration{5000});

    CHECK(sink.dropped() == 0);
    CHECK(sys::now() - begin < Duration{2000});
}

TEST_CASE("a file that others write to keeps their bytes") {
    const sys_support::TemporaryDirectory directory;
    const sys::UniqueFd file{
        ::open((directory / "log").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    auto sink = sys::LineSink::open(file.get());

    REQUIRE(::write(file.get(), "theirs\n", 7) == 7);
    CHECK(sink.write("ours\n"));
    REQUIRE(::write(file.get(), "theirs\n", 7) == 7);

    CHECK(sys::read_file(directory / "log", 100) == std::string{"theirs\nours\ntheirs\n"});
}

TEST_CASE("a socket is written to and drops when it is full") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const sys::UniqueFd ours{ends[0]};
    const sys::UniqueFd theirs{ends[1]};
    auto sink = sys::LineSink::open(ours.get());
    std::uint64_t written = 0;
    while (sink.write("a line\n")) {
        ++written;
    }

    CHECK(written > 10);
    CHECK(sink.dropped() == 1);
}

TEST_CASE("waiting for room ends as soon as there is some, and at its limit otherwise") {
    auto pipe = sys::pipe_cloexec();
    auto sink = sys::LineSink::open(pipe->write.get());
    sink.drain(Duration{5000});
    while (sink.write("a line\n")) {
    }
    const auto begin = sys::now();

    sink.drain(Duration{50});

    CHECK(sys::now() - begin >= Duration{49});
    CHECK(sys::now() - begin < Duration{5000});
}

TEST_CASE("a pipe that may not be opened again is written to without blocking") {
    const int code = sys_support::exit_code_of([] {
        if (::geteuid() == 0 && !sys::set_uid(4242)) {
            return 1;
        }
        const auto pipe = sys::pipe_cloexec();
        ::fchmod(pipe->write.get(), 0);
        auto sink = sys::LineSink::open(pipe->write.get());
        std::uint64_t written = 0;
        while (sink.write("a line of 22 bytes...\n")) {
            ++written;
        }
        char byte = 0;
        return written > 100 && sink.dropped() == 1 && ::read(pipe->read.get(), &byte, 1) == 1 ? 0
                                                                                               : 2;
    });
    CHECK(code == 0);
}

TEST_CASE("a terminal that hung up costs the line") {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(master >= 0);
    REQUIRE(::grantpt(master) == 0);
    REQUIRE(::unlockpt(master) == 0);
    const sys::UniqueFd slave{::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    auto sink = sys::LineSink::open(slave.get());
    CHECK(sink.write("seen\n"));
    ::close(master);

    CHECK_FALSE(sink.write("lost\n"));
    sink.drain(Duration{1000});
    CHECK(sink.dropped() == 1);
}
