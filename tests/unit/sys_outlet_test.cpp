// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string>

#include "sys/clock.hpp"
#include "sys/descriptors.hpp"
#include "sys/outlet.hpp"
#include "sys/pump_io.hpp"
#include "sys/spawn.hpp"
#include "sys_support.hpp"

namespace {

// As much as it takes; the number of bytes.
std::size_t fill(const sys::Outlet& outlet) {
    const std::string block(3000, 'x');
    std::size_t total = 0;
    auto wrote = outlet.write_some(block);
    while (wrote && total < std::size_t{16} << 20U) {
        total += *wrote;
        wrote = outlet.write_some(block);
    }
    CHECK(wrote.error().code == EAGAIN);
    return total;
}

}  // namespace

TEST_CASE("an outlet into a pipe never blocks, and leaves the description of the others alone") {
    const auto pipe = sys::pipe_cloexec();
    auto outlet = sys::Outlet::open(pipe->write.get());
    CHECK(outlet.is_open());

    SUBCASE("through a description of its own") {
        CHECK(outlet.fd() != pipe->write.get());
    }
    SUBCASE("through the shared one") {
        outlet.share();
        CHECK(outlet.fd() == pipe->write.get());
    }

    CHECK(outlet.is_writable(base::Duration::zero()));
    CHECK(fill(outlet) >= 16 * PIPE_BUF / 2);
    CHECK_FALSE(outlet.is_writable(base::Duration{1}));
    CHECK((::fcntl(pipe->write.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("outlets into one file go on where the other ended") {
    const sys_support::TemporaryDirectory directory;
    const sys::UniqueFd file{
        ::open((directory / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    const auto first = sys::Outlet::open(file.get());
    const auto second = sys::Outlet::open(file.get());
    CHECK(first.write_some("one\n"));
    CHECK(second.write_some("two\n"));
    CHECK(first.write_some("three\n"));
    std::array<char, 32> text{};
    const auto size = ::pread(file.get(), text.data(), text.size(), 0);
    CHECK(std::string(text.data(), static_cast<std::size_t>(size)) == "one\ntwo\nthree\n");
}

TEST_CASE("an outlet into a terminal writes what is taken now") {
    const sys::UniqueFd master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    REQUIRE(::grantpt(master.get()) == 0);
    REQUIRE(::unlockpt(master.get()) == 0);
    const sys::UniqueFd slave{::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    const auto outlet = sys::Outlet::open(slave.get());
    CHECK(fill(outlet) > 0);
    CHECK((::fcntl(slave.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("an outlet to nowhere fails") {
    for (const auto& outlet : {sys::Outlet{}, sys::Outlet::open(-1), sys::Outlet::open(1000)}) {
        CHECK_FALSE(outlet.is_open());
        CHECK(outlet.write_some("x").error().code == EBADF);
    }
}

TEST_CASE("what is peeked at stays in the pipe until it is discarded") {
    const auto from = sys::pipe_cloexec();
    const auto into = sys::pipe_cloexec();
    const auto null = sys::open_null();
    REQUIRE(::write(from->write.get(), "abcdef", 6) == 6);
    CHECK(sys::peek_pipe(from->read.get(), into->write.get(), 64) == 6);
    CHECK(sys::bytes_in_pipe(from->read.get()) == 6);
    CHECK(sys::bytes_in_pipe(into->read.get()) == 6);

    SUBCASE("with /dev/null") {
        sys::discard_from_pipe(from->read.get(), null.get(), 4);
    }
    SUBCASE("without") {
        sys::discard_from_pipe(from->read.get(), -1, 4);
    }

    std::array<char, 8> rest{};
    CHECK(::read(from->read.get(), rest.data(), rest.size()) == 2);
    CHECK(std::string{rest.data()} == "ef");
    CHECK(sys::peek_pipe(from->read.get(), into->write.get(), 64).error().code == EAGAIN);
}

TEST_CASE("the end of a pipe is seen by who peeks") {
    auto from = sys::pipe_cloexec();
    const auto into = sys::pipe_cloexec();
    from->write.reset();
    CHECK(sys::peek_pipe(from->read.get(), into->write.get(), 64) == 0);
    sys::discard_from_pipe(from->read.get(), -1, 4);
}

TEST_CASE("a pipe is made larger and never smaller") {
    const auto pipe = sys::pipe_cloexec();
    const auto large = sys::resize_pipe(pipe->write.get(), std::size_t{256} * 1024);
    CHECK(large >= 4096);
    CHECK(sys::resize_pipe(pipe->write.get(), 4096) == large);
}
