// SPDX-License-Identifier: MIT
// That it is a schema, and what it takes, is for a validator to say: tests/lint/schema.sh.
#include <doctest/doctest.h>

#include "config/key_table.hpp"
#include "config/schema.hpp"

TEST_CASE("every key of the table is in the schema of its file, with its description") {
    const auto service = config::make_schema(config::FileKind::Service);
    const auto container = config::make_schema(config::FileKind::Container);

    for (const auto& key : config::all_keys()) {
        CAPTURE(key.name);
        const bool is_container = key.scope == config::Scope::Container;
        auto start = "\n\"" + std::string{key.name} + "\":{\"description\":\"";
        for (const char c : key.doc) {
            start += c == '"' ? "\\\"" : std::string(1, c);
        }
        CHECK((is_container ? container : service).find(start) != std::string::npos);
    }
}

TEST_CASE("the schema knows words, ranges and defaults") {
    const auto schema = config::make_schema(config::FileKind::Service);

    CHECK(schema.find("\"default\":\"no\",\"anyOf\":[{\"enum\":[\"no\",\"on-failure\",\"always\"]},"
                      "{\"$ref\":\"#/definitions/variable\"}]}") != std::string::npos);
    CHECK(schema.find("{\"type\":\"integer\",\"minimum\":-20,\"maximum\":19}") !=
          std::string::npos);
    CHECK(schema.find("\"wait-for\":{\"description\"") != std::string::npos);
    CHECK(schema.find("{\"$ref\":\"#/definitions/wait-for\"}") != std::string::npos);
}

TEST_CASE("the schema has no allOf, in which taplo's completion of keys loses itself") {
    for (const auto kind : {config::FileKind::Service, config::FileKind::Container}) {
        CHECK(config::make_schema(kind).find("allOf") == std::string::npos);
    }
}
