// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "config/render.hpp"
#include "config_support.hpp"

namespace {
const TestEnvironment kNames{{{"HOST", "db"},
                              {"EMPTY", ""},
                              {"PASSWORD", "a'b\\c\"d$e`f"},
                              {"LINES", "1\n2\t\x01"},
                              {"NESTED", "${HOST}"}}};

std::string rendered(std::string_view text) {
    const auto result = config::render_template(text, kNames);
    return result ? *result
                  : std::to_string(result.error().line) + ":" +
                        std::to_string(result.error().column) + ": " + result.error().message;
}
}  // namespace

TEST_CASE("a template replaces names and leaves every other dollar alone") {
    CHECK(rendered("") == "");
    CHECK(rendered("proxy_pass http://${HOST}$request_uri;") ==
          "proxy_pass http://db$request_uri;");
    CHECK(rendered("[${EMPTY}] $${HOST} $$ $") == "[] ${HOST} $$ $");
    CHECK(rendered("${NESTED}") == "${HOST}");
}

TEST_CASE("a filter makes a value safe for one place") {
    CHECK(rendered("'${PASSWORD|sql}'") == "'a''b\\\\c\"d$e`f'");
    CHECK(rendered("'${PASSWORD|php}'") == "'a\\'b\\\\c\"d$e`f'");
    CHECK(rendered("\"${PASSWORD|json}\"") == "\"a'b\\\\c\\\"d$e`f\"");
    CHECK(rendered("\"${LINES|json}\"") == "\"1\\u000a2\\u0009\\u0001\"");
    CHECK(rendered("x=${PASSWORD|shell}") == "x='a'\\''b\\c\"d$e`f'");
    CHECK(rendered("x=${EMPTY|shell}") == "x=''");
}

TEST_CASE("what cannot be rendered says where and why") {
    CHECK(rendered("a\nb ${NONE}") == "2:3: 'NONE' is not defined");
    CHECK(rendered("\xc3\xbc${NONE}") == "1:2: 'NONE' is not defined");
    CHECK(rendered("${HOST") ==
          "1:1: '${' without its '}' on the same line; a literal '${' is written '$${'");
    CHECK(rendered("${HOST\n}") ==
          "1:1: '${' without its '}' on the same line; a literal '${' is written '$${'");
    CHECK(rendered("${HOST:-x}") ==
          "1:1: '${HOST:-x}' must be ${NAME} or ${NAME|filter}; a literal '${' is written '$${'");
    CHECK(rendered("${HOST|sq}") ==
          "1:1: unknown filter 'sq', expected sql, php, json or shell; did you mean 'sql'?");
    CHECK(rendered("${HOST|}") == "1:1: unknown filter '', expected sql, php, json or shell");
}

TEST_CASE("a check of a template finds every error, and tells a missing name from a wrong form") {
    CHECK(config::check_template("${HOST} ${HOST|sql} $${NONE}", kNames).empty());

    const auto errors = config::check_template("${NONE|xml} ${NONE}\n${HOST\n ${1}", kNames);

    REQUIRE(errors.size() == 4);
    CHECK(errors[0].message == "unknown filter 'xml', expected sql, php, json or shell");
    CHECK(errors[1].message == "'NONE' is not defined");
    CHECK(errors[1].column == 13);
    CHECK(errors[1].is_undefined);
    CHECK(errors[2].line == 2);
    CHECK_FALSE(errors[2].is_undefined);
    CHECK(errors[3].message.starts_with("'${1}' must be ${NAME}"));
}
