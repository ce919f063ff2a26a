// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <fstream>
#include <iterator>
#include <string>

#include "log/pump_output.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"
#include "sys_support.hpp"

namespace {

using logging::PumpOutput;

std::string read_now(int fd, std::size_t most = std::size_t{1} << 20U) {
    REQUIRE(sys::set_nonblocking(fd, true));
    std::string text(most, '\0');
    const ssize_t got = ::read(fd, text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

struct PumpedPipe {
    sys::Pipe pipe = *sys::pipe_cloexec();
    std::atomic<std::uint32_t> mid_line{0};
    PumpOutput output{pipe.write.get(), false, mid_line};
};

}  // namespace

TEST_CASE("what a pipe does not take is kept, and follows in its order") {
    PumpedPipe world;
    std::string all;
    for (int i = 0; i < 100'000; ++i) {
        all += std::to_string(i) + "\n";
    }

    CHECK(world.output.write(all) == 0);
    CHECK(world.output.is_busy());
    std::string got;
    while (world.output.is_busy()) {
        const auto part = read_now(world.pipe.read.get());
        REQUIRE_FALSE(part.empty());
        got += part;
        CHECK(world.output.flush() == 0);
    }
    got += read_now(world.pipe.read.get());

    CHECK(got == all);
    CHECK(world.mid_line == 0);
    CHECK((::fcntl(world.pipe.write.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("it is remembered whether the last byte ended a line, and the next pump ends it") {
    PumpedPipe world;
    CHECK(world.output.write("whole\n") == 0);
    CHECK(world.mid_line == 0);
    CHECK(world.output.write("begin") == 0);
    CHECK(world.mid_line == 1);

    PumpOutput next{world.pipe.write.get(), false, world.mid_line};
    CHECK(next.is_busy());
    CHECK(next.flush() == 0);
    CHECK_FALSE(next.is_busy());

    CHECK(world.mid_line == 0);
    CHECK(read_now(world.pipe.read.get()) == "whole\nbegin\n");
}

TEST_CASE("what others write to a pipe too never comes into the middle of a line") {
    const auto pipe = *sys::pipe_cloexec();
    std::atomic<std::uint32_t> mid_line{0};
    bool is_shared = true;
    SUBCASE("with others") {}
    SUBCASE("alone in it") {
        is_shared = false;
    }
    PumpOutput output{pipe.write.get(), is_shared, mid_line};
    CHECK(output.write(std::string(std::size_t{2} << 20U, '\n')) == 0);
    REQUIRE(output.is_busy());
    // Room for one page, which is no whole number of lines.
    REQUIRE(read_now(pipe.read.get(), PIPE_BUF).size() == PIPE_BUF);
    PumpOutput next{pipe.write.get(), is_shared, mid_line};
    std::string all;
    for (int i = 0; i < 100; ++i) {
        all += std::string(99, 'x') + "\n";
    }

    CHECK(next.write(all) == 0);

    CHECK(next.is_busy());
    const auto got = read_now(pipe.read.get());
    CHECK(got.find('x') != got.npos);
    CHECK((got.back() == '\n') == is_shared);
    CHECK((mid_line == 0) == is_shared);
}

TEST_CASE("a reader that is gone is an error that loses the rest, and no signal stays pending") {
    const int code = sys_support::exit_code_of([] {
        sys::restore_mask(~std::uint64_t{0});
        auto pipe = sys::pipe_cloexec();
        std::atomic<std::uint32_t> mid_line{0};
        PumpOutput output{pipe->write.get(), false, mid_line};
        pipe->read.reset();
        if (output.write("x\n") != EPIPE || output.is_busy()) {
            return 1;
        }
        sigset_t pending;
        ::sigpending(&pending);
        return sigismember(&pending, SIGPIPE) == 0 ? 0 : 2;
    });
    CHECK(code == 0);
}

TEST_CASE("a rest whose reader goes away is given up") {
    PumpedPipe world;
    CHECK(world.output.write(std::string(2'000'000, 'x')) == 0);
    CHECK(world.output.is_busy());
    ::signal(SIGPIPE, SIG_IGN);
    world.pipe.read.reset();
    CHECK(world.output.flush() == EPIPE);
    CHECK_FALSE(world.output.is_busy());
    ::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("a closed output takes nothing") {
    std::atomic<std::uint32_t> mid_line{0};
    PumpOutput output{-1, false, mid_line};
    CHECK(output.write("x\n") == EBADF);
    CHECK_FALSE(output.is_busy());
}

TEST_CASE("a line that a file has in part is ended first") {
    const sys_support::TemporaryDirectory dir;
    const auto path = dir / "output";
    for (const int flags : {O_TRUNC, O_APPEND}) {
        const sys::UniqueFd file{
            ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600)};
        REQUIRE(::write(file.get(), "half", 4) == 4);
        for (int pump = 0; pump < 2; ++pump) {
            std::atomic<std::uint32_t> mid_line{0};
            PumpOutput output{file.get(), false, mid_line};
            CHECK(output.flush() == 0);
            CHECK(output.write("x\n") == 0);
        }
    }
    std::ifstream written{path};
    const std::string text{std::istreambuf_iterator<char>{written}, {}};
    CHECK(text == "half\nx\nx\nhalf\nx\nx\n");
}

TEST_CASE("a socket takes lines without its description becoming non-blocking") {
    int ends[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, static_cast<int*>(ends)) == 0);
    const sys::UniqueFd mine{ends[0]};
    const sys::UniqueFd theirs{ends[1]};
    std::atomic<std::uint32_t> mid_line{0};
    PumpOutput output{mine.get(), false, mid_line};

    CHECK(output.write(std::string(4'000'000, 'x') + "\n") == 0);
    CHECK(output.is_busy());
    CHECK((::fcntl(mine.get(), F_GETFL) & O_NONBLOCK) == 0);
    std::size_t got = 0;
    while (output.is_busy()) {
        const auto part = read_now(theirs.get());
        REQUIRE_FALSE(part.empty());
        got += part.size();
        CHECK(output.flush() == 0);
    }
    got += read_now(theirs.get()).size();
    CHECK(got == 4'000'001);
}
