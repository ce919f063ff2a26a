// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "config/expand.hpp"
#include "config_support.hpp"

namespace {
const TestEnvironment kEnvironment{{{"HOST", "db"}, {"EMPTY", ""}, {"TRICK", "${HOST}"}}};

std::string expanded(std::string_view text) {
    const auto result = config::expand(text, kEnvironment);
    return result ? *result : "error: " + result.error().message;
}
}  // namespace

TEST_CASE("references become values, everything else stays") {
    struct Row {
        const char* text;
        const char* result;
    };
    for (const auto& row : {
             Row{"", ""},
             Row{"plain $uri $ $$ {HOST}", "plain $uri $ $$ {HOST}"},
             Row{"${HOST}", "db"},
             Row{"a${HOST}b${HOST}", "adbbdb"},
             Row{"[${EMPTY}]", "[]"},
             Row{"${EMPTY:-x}", "x"},
             Row{"${NONE:-x y}", "x y"},
             Row{"${NONE:-}", ""},
             Row{"${HOST:-x}", "db"},
             Row{"${HOST:?why}", "db"},
             Row{"$${HOST}", "${HOST}"},
             Row{"$$${HOST}", "$${HOST}"},
             Row{"${TRICK}", "${HOST}"},
             Row{"${NONE:-${HOST}}", "db"},
             Row{"${NONE:-${EMPTY:-deep}}!", "deep!"},
             Row{"${NONE:-a${HOST}b${NONE:-c}}", "adbbc"},
             Row{"${NONE:-$${HOST}}", "${HOST}"},
             Row{"${NONE:-$${HOST}", "${HOST"},
             Row{"${NONE:-${TRICK}}", "${HOST}"},
             Row{"${HOST:-${NONE}}", "db"},
         }) {
        CAPTURE(row.text);
        CHECK(expanded(row.text) == row.result);
    }
}

TEST_CASE("what cannot be expanded says why") {
    CHECK(expanded("${NONE}") == "error: variable 'NONE' is not set");
    CHECK(expanded("${NONE:?set it}") == "error: variable 'NONE': set it");
    CHECK(expanded("${EMPTY:?set it}") == "error: variable 'EMPTY': set it");
    CHECK(expanded("${EMPTY:?}") == "error: variable 'EMPTY' is not set or empty");
    CHECK(expanded("${HOST") == "error: '${' without its '}'");
    CHECK(expanded("${NONE:-${HOST}") == "error: '${' without its '}'");
    CHECK(expanded("${NONE:-${LOST}}") == "error: variable 'LOST' is not set");
    CHECK(expanded("${NONE:?set ${HOST}}") == "error: variable 'NONE': set ${HOST}");
    CHECK(expanded("${}") == "error: '${}' must be ${NAME}, ${NAME:-default} or ${NAME:?message}");
    CHECK(expanded("${1A}") ==
          "error: '${1A}' must be ${NAME}, ${NAME:-default} or ${NAME:?message}");
    CHECK(expanded("${HOST-x}") ==
          "error: '${HOST-x}' must be ${NAME}, ${NAME:-default} or ${NAME:?message}");
    CHECK(expanded("${HOST:+x}") ==
          "error: '${HOST:+x}' must be ${NAME}, ${NAME:-default} or ${NAME:?message}");
}

TEST_CASE("an error knows the place of the reference") {
    const auto result = config::expand("abc${NONE}", kEnvironment);

    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().offset == 3);
    CHECK(result.error().length == 7);
    CHECK(result.error().is_unset);
    CHECK(result.error().hint == "set it, or write ${NONE:-}");
}

TEST_CASE("an error in a default knows the place of the inner reference") {
    const auto result = config::expand("ab${NONE:-x${LOST}}", kEnvironment);

    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().offset == 11);
    CHECK(result.error().length == 7);
}

TEST_CASE("defaults nest to a bounded depth") {
    const auto nested = [](int depth) {
        std::string text = "x";
        for (int i = 0; i < depth; ++i) {
            text = "${NONE:-" + text + "}";
        }
        return text;
    };

    CHECK(expanded(nested(16)) == "x");
    CHECK(expanded(nested(17)) == "error: more than 16 references in one another");
    CHECK(expanded(nested(10'000)) == "error: more than 16 references in one another");
}
