// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cerrno>

#include "sys/clock.hpp"
#include "sys/loop.hpp"
#include "sys/spawn.hpp"

using base::Duration;

TEST_CASE("a readable descriptor is returned with the kind and index it was added with") {
    auto loop = sys::Loop::create(2);
    auto pipe = sys::pipe_cloexec();
    REQUIRE(loop->add(pipe->read.get(), 7, 42));
    REQUIRE(::write(pipe->write.get(), "x", 1) == 1);

    const auto ready = loop->wait(std::nullopt);

    REQUIRE(ready);
    REQUIRE(ready->size() == 1);
    CHECK((*ready)[0].kind == 7);
    CHECK((*ready)[0].index == 42);
    CHECK(((*ready)[0].events & EPOLLIN) != 0);
}

TEST_CASE("waiting ends after the timeout with nothing") {
    auto loop = sys::Loop::create(1);
    const auto begin = sys::now();

    const auto ready = loop->wait(Duration{30});

    REQUIRE(ready);
    CHECK(ready->empty());
    CHECK(sys::now() - begin >= Duration{29});
}

TEST_CASE("a deadline that has passed does not wait for ever") {
    auto loop = sys::Loop::create(1);

    CHECK(loop->wait(Duration{-5})->empty());
}

TEST_CASE("a loop whose slots are taken refuses one more descriptor") {
    auto loop = sys::Loop::create(1);
    auto pipe = sys::pipe_cloexec();
    REQUIRE(loop->add(pipe->read.get(), 0, 0));

    const auto second = loop->add(pipe->write.get(), 0, 0, EPOLLOUT);

    REQUIRE_FALSE(second);
    CHECK(second.error().code == ENOSPC);
}

TEST_CASE("a token is stale once it is removed, even when its slot is used again") {
    auto loop = sys::Loop::create(1);
    auto first = sys::pipe_cloexec();
    auto second = sys::pipe_cloexec();
    const auto old = loop->add(first->read.get(), 1, 1);
    loop->remove(*old);
    const auto fresh = loop->add(second->read.get(), 2, 2);
    REQUIRE(fresh);
    CHECK(*fresh != *old);

    loop->remove(*old);

    CHECK(loop->modify(*old, EPOLLIN).error().code == ENOENT);
    REQUIRE(::write(second->write.get(), "x", 1) == 1);
    CHECK(loop->wait(std::nullopt)->size() == 1);
}

TEST_CASE("what is removed while the batch is looked at has no events left") {
    auto loop = sys::Loop::create(2);
    auto first = sys::pipe_cloexec();
    auto second = sys::pipe_cloexec();
    const auto a = loop->add(first->read.get(), 1, 0);
    const auto b = loop->add(second->read.get(), 2, 0);
    REQUIRE(::write(first->write.get(), "x", 1) == 1);
    REQUIRE(::write(second->write.get(), "x", 1) == 1);
    const auto ready = *loop->wait(std::nullopt);
    REQUIRE(ready.size() == 2);

    loop->remove(ready[0].kind == 1 ? *b : *a);

    CHECK(ready[0].events != 0);
    CHECK(ready[1].events == 0);
}

TEST_CASE("a loop grows, and a registration can get another index") {
    auto loop = sys::Loop::create(1);
    auto first = sys::pipe_cloexec();
    auto second = sys::pipe_cloexec();
    const auto a = loop->add(first->read.get(), 1, 7);
    CHECK(loop->add(second->read.get(), 2, 8).error().code == ENOSPC);

    loop->grow(2);
    loop->set_index(*a, 9);
    REQUIRE(loop->add(second->read.get(), 2, 8));
    loop->set_index({}, 3);
    REQUIRE(::write(first->write.get(), "x", 1) == 1);
    REQUIRE(::write(second->write.get(), "x", 1) == 1);

    const auto ready = *loop->wait(std::nullopt);
    REQUIRE(ready.size() == 2);
    CHECK(ready[0].index + ready[1].index == 17);
}

TEST_CASE("a regular file cannot be watched") {
    auto loop = sys::Loop::create(1);
    std::FILE* file = std::tmpfile();

    CHECK(loop->add(::fileno(file), 0, 0).error().code == EPERM);
    std::fclose(file);
}
