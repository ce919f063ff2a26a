// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>

#include "config/diagnostic.hpp"

using config::Diagnostics;

TEST_CASE("a complaint shows its place, the line and a caret with the remedy") {
    Diagnostics diagnostics;
    const int file = diagnostics.add_source("services/nginx.toml", "a = 1\r\n\trestrat = \"x\"\n");

    diagnostics.error({file, 2, 2, 7}, "unknown key 'restrat'", "did you mean 'restart'?");

    CHECK(diagnostics.render() ==
          "services/nginx.toml:2:2: error: unknown key 'restrat'\n"
          "    2 |  restrat = \"x\"\n"
          "      |  ^~~~~~~ hint: did you mean 'restart'?\n");
}

TEST_CASE("complaints are sorted by file, line and column") {
    Diagnostics diagnostics;
    const int second = diagnostics.add_source("b", "x\ny\n");
    const int first = diagnostics.add_source("a", "x\n");
    diagnostics.error({second, 2, 1, 1}, "four");
    diagnostics.warning({second, 1, 1, 1}, "three");
    diagnostics.error({first, 1, 1, 1}, "two");
    diagnostics.error({first, 0, 0, 1}, "one", "a hint");

    CHECK(diagnostics.render() ==
          "a: error: one; a hint\n"
          "a:1:1: error: two\n    1 | x\n      | ^\n"
          "b:1:1: warning: three\n    1 | x\n      | ^\n"
          "b:2:1: error: four\n    2 | y\n      | ^\n");
    CHECK(diagnostics.error_count() == 3);
    CHECK(diagnostics.warning_count() == 1);
}

TEST_CASE("every complaint is shown, up to two thousand") {
    Diagnostics diagnostics;
    const int file = diagnostics.add_source("a", "");
    const auto complain = [&](int count) {
        for (int i = 0; i < count; ++i) {
            diagnostics.error({file, 0, 0, 1}, "x");
        }
        const auto text = diagnostics.render();
        return std::count(text.begin(), text.end(), '\n');
    };

    CHECK(complain(2000) == 2000);
    CHECK_FALSE(diagnostics.render().ends_with(" more\n"));
    CHECK(complain(34) == 2001);
    CHECK(diagnostics.render().ends_with("a: error: x\n... and 34 more\n"));
}

TEST_CASE("control characters of a source never reach the terminal") {
    Diagnostics diagnostics;
    const int file = diagnostics.add_source("a", "\x1b[31m \xff \xc3\xbc \xc2\x9b\n");

    diagnostics.error({file, 1, 9, 1}, "wrong");

    CHECK(diagnostics.render() ==
          "a:1:9: error: wrong\n    1 | ?[31m ? \xc3\xbc ?\n      |         ^\n");

    Diagnostics others;
    others.error({others.add_source("b", ""), 0, 0, 1}, "key '\x1b[31m\n'", "no '\xc2\x85'");
    CHECK(others.render() == "b: error: key '?[31m?'; no '?'\n");
}

TEST_CASE("a place at the end of the line or of the file is shown") {
    Diagnostics diagnostics;
    const int file = diagnostics.add_source("a", "ab");

    diagnostics.error({file, 1, 3, 5}, "at the end");
    diagnostics.error({file, 9, 1, 1}, "behind it");

    CHECK(diagnostics.render() ==
          "a:1:3: error: at the end\n    1 | ab\n      |   ^\n"
          "a:9:1: error: behind it\n    9 | \n      | ^\n");
}
