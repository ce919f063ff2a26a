// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <string>

#include "base/suggest.hpp"

namespace {
constexpr std::array<std::string_view, 5> kWords{"restart", "requires", "ready", "user", "umask"};
}

TEST_CASE("a slip of one or two letters finds the word that was meant") {
    CHECK(base::suggest("restrat", kWords) == "restart");
    CHECK(base::suggest("require", kWords) == "requires");
    CHECK(base::suggest("uesr", kWords) == "user");
    CHECK(base::suggest("raedyy", kWords) == "ready");
}

TEST_CASE("a word that is close to nothing has no suggestion") {
    CHECK(base::suggest("", kWords).empty());
    CHECK(base::suggest("x", kWords).empty());
    CHECK(base::suggest("schedule", kWords).empty());
    CHECK(base::suggest(std::string(1000, 'r'), kWords).empty());
    CHECK(base::suggest("user", {}).empty());
}
