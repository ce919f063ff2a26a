// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "base/size.hpp"

TEST_CASE("a size is bytes, or a number of KiB, MiB or GiB") {
    CHECK(base::parse_size("0") == 0);
    CHECK(base::parse_size("65536") == 65536);
    CHECK(base::parse_size("64KiB") == 65536);
    CHECK(base::parse_size("1MiB") == 1024 * 1024);
    CHECK(base::parse_size("3GiB") == std::uint64_t{3} << 30);
    CHECK(base::parse_size("9223372036854775807") == (std::uint64_t{1} << 63) - 1);
}

TEST_CASE("everything else is no size") {
    for (const char* text :
         {"", "KiB", "-1", "+1", " 1", "1 ", "1 KiB", "1K", "1KB", "1kib", "1.5MiB", "0x10",
          "9223372036854775808", "18446744073709551616", "8589934592GiB", "9007199254740992KiB"}) {
        CAPTURE(text);
        CHECK_FALSE(base::parse_size(text).has_value());
    }
}

TEST_CASE("a size is written in the largest unit that holds it exactly") {
    CHECK(base::size_text(0) == "0");
    CHECK(base::size_text(1000) == "1000");
    CHECK(base::size_text(65536) == "64KiB");
    CHECK(base::size_text(1025 * 1024) == "1025KiB");
    CHECK(base::size_text(std::uint64_t{1} << 40) == "1024GiB");
    CHECK(base::parse_size(base::size_text(123456789)) == 123456789);
}
