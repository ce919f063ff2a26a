// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#include "base/utf8.hpp"

TEST_CASE("a UTF-8 character has one to four bytes, and what is none has none") {
    struct Row {
        std::string_view text;
        std::size_t length;
    };
    const std::vector<Row> rows{
        {"ab", 1},           {"\xc3\xbcx", 2},    {"\xe2\x82\xac", 3},     {"\xf0\x9f\x90\xb3", 4},
        {"\xbc", 0},         {"\xc3", 0},         {"\xc0\xaf", 0},         {"\xe2\x82", 0},
        {"\xed\xa0\x80", 0}, {"\xe0\x9f\xbf", 0}, {"\xf4\x90\x80\x80", 0}, {"\xff", 0},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(base::character_length(row.text) == row.length);
    }
}

TEST_CASE("what a terminal would obey is known, and nothing else") {
    for (const std::string_view text : {"\x1b", "\x7f", "\n", "\xc2\x80", "\xc2\x9b", "\xc2\x9f",
                                        "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9"}) {
        CAPTURE(text);
        CHECK(base::is_control(text));
    }
    for (const std::string_view text : {" ", "~", "\xc2\xa0", "\xc3\x9b", "\xe2\x80\xa6",
                                        "\xe2\x80\xaf", "\xe2\x81\xaa", "\xf0\x9f\x90\xb3"}) {
        CAPTURE(text);
        CHECK_FALSE(base::is_control(text));
    }
}
