// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "log/pump_ring.hpp"

namespace {

using logging::KeptLine;
using logging::Ring;
using logging::RingHead;

std::vector<std::string> texts(const Ring& ring) {
    std::vector<std::string> found;
    auto position = ring.begin();
    while (const auto line = ring.next(position)) {
        found.emplace_back(line->piece.text);
    }
    return found;
}

struct Memory {
    RingHead head;
    std::vector<char> bytes;
    explicit Memory(std::size_t size) : bytes(size) {}
    Ring open() { return Ring{head, bytes}; }
};

}  // namespace

TEST_CASE("a ring gives back what was put in") {
    Memory memory{4096};
    auto ring = memory.open();
    ring.push({42, logging::Stream::Err, {"one", false}});
    ring.push({43, logging::Stream::Out, {"", true}});
    auto position = ring.begin();
    const auto first = ring.next(position);
    REQUIRE(first);
    CHECK(first->time == 42);
    CHECK(first->stream == logging::Stream::Err);
    CHECK(first->piece.text == "one");
    CHECK_FALSE(first->piece.ends_line);
    CHECK(ring.next(position)->piece.text.empty());
    CHECK_FALSE(ring.next(position));
}

TEST_CASE("a full ring has the last lines, whatever their lengths") {
    std::mt19937 random{7};  // NOLINT(cert-msc51-cpp): the same in every run
    Memory memory{4096};
    auto ring = memory.open();
    std::vector<std::string> all;
    for (int i = 0; i < 5000; ++i) {
        all.push_back(std::to_string(i) + std::string(random() % 400, 'x'));
        ring.push({i, logging::Stream::Out, {all.back(), true}});
        const auto kept = texts(ring);
        REQUIRE(!kept.empty());
        REQUIRE(std::equal(kept.rbegin(), kept.rend(), all.rbegin()));
    }
    std::size_t size = 0;
    for (const auto& text : texts(ring)) {
        size += text.size() + 24;
    }
    CHECK(size > 4096 - 2 * 424);
}

TEST_CASE("the next pump finds the ring of the one before") {
    Memory memory{4096};
    memory.open().push({1, logging::Stream::Out, {"kept", true}});
    CHECK(texts(memory.open()) == std::vector<std::string>{"kept"});
}

TEST_CASE("a ring that makes no sense becomes an empty one") {
    Memory memory{4096};
    memory.open().push({1, logging::Stream::Out, {"kept", true}});
    SUBCASE("a size of nothing") {
        std::fill_n(memory.bytes.begin(), 4, '\0');
    }
    SUBCASE("a size beyond the end") {
        std::fill_n(memory.bytes.begin(), 4, '\x78');
    }
    SUBCASE("a text longer than its record") {
        memory.bytes[4] = '\x7f';
    }
    SUBCASE("an unknown kind") {
        memory.bytes[7] = '\x09';
    }
    SUBCASE("an end in front of its begin") {
        memory.head.begin = 1U << 20U;
    }
    SUBCASE("more than there is room for") {
        memory.head.end = 1U << 20U;
    }
    CHECK(texts(memory.open()).empty());
}

TEST_CASE("a reader that fell behind goes on with the oldest line") {
    Memory memory{4096};
    auto ring = memory.open();
    std::uint64_t position = ring.begin();
    for (int i = 0; i < 1000; ++i) {
        ring.push({i, logging::Stream::Out, {"line " + std::to_string(i), true}});
    }
    const auto oldest = texts(ring).front();
    CHECK(position < ring.begin());
    CHECK(ring.next(position)->piece.text == oldest);
}

TEST_CASE("a line that is longer than half the ring is cut") {
    Memory memory{4096};
    auto ring = memory.open();
    ring.push({1, logging::Stream::Out, {std::string(5000, 'x'), true}});
    CHECK(texts(ring).front().size() == 2048 - 16);
}

TEST_CASE("no ring keeps nothing") {
    Ring ring;
    ring.push({1, logging::Stream::Out, {"x", true}});
    std::uint64_t position = 0;
    CHECK_FALSE(ring.next(position));
    CHECK_FALSE(ring.is_kept());
    CHECK(Ring::size_for(0) == 0);
    CHECK(Ring::size_for(1) == 4096);
    CHECK(Ring::size_for(10'001) == 10'008);
}
