// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "config/key_table.hpp"
#include "config/load.hpp"
#include "config_support.hpp"

namespace {

/// A file in which a key of `scope` stands where it may.
std::string file_with(config::Scope scope, std::string_view key) {
    const std::string line = std::string{key} + " = 1979-05-27\n";  // a date suits no key
    const std::string table = "{ " + std::string{key} + " = 1979-05-27 }";
    const std::string start = "command = [\"x\"]\n";
    switch (scope) {
    case config::Scope::Service:
        return line;
    case config::Scope::BeforeStop:
        return start + "before-stop = " + table + "\n";
    case config::Scope::Ready:
        return start + "ready = " + table + "\n";
    case config::Scope::WaitFor:
        return start + "wait-for = [" + table + "]\n";
    case config::Scope::Directory:
        return start + "directories = [" + table + "]\n";
    case config::Scope::Limit:
        return start + "[limits]\nnofile = " + table + "\n";
    case config::Scope::Restart:
        return start + "[restart-policy]\n" + line;
    case config::Scope::Health:
        return start + "[health]\n" + line;
    case config::Scope::HealthProbe:
        return start + "[health]\nprobe = " + table + "\n";
    case config::Scope::Listen:
        return start + "listen = [" + table + "]\n";
    case config::Scope::Log:
        return start + "[log]\n" + line;
    case config::Scope::Rotate:
        return start + "[log]\nrotate = " + table + "\n";
    case config::Scope::Limits:
        return start + "[limits]\n" + line;
    case config::Scope::Security:
        return start + "[security]\n" + line;
    case config::Scope::Template:
        return start + "[[template]]\n" + line;
    case config::Scope::Setup:
        return start + "[[setup]]\n" + line;
    case config::Scope::Container:
        return line;
    }
    return "";
}

}  // namespace

TEST_CASE("the loader reads every key of the table, and complains about a date in each") {
    for (const auto& key : config::all_keys()) {
        CAPTURE(key.name);
        const bool is_container = key.scope == config::Scope::Container;
        const std::vector<config::SourceFile> files{
            service_file("web",
                         is_container ? "command = [\"x\"]\n" : file_with(key.scope, key.name)),
            service_file("pidone", is_container ? file_with(key.scope, key.name) : ""),
        };

        const auto loaded = config::load(files, TestEnvironment{});

        REQUIRE_FALSE(loaded.has_value());
        const auto text = loaded.error().render();
        CHECK(text.find("unknown key") == std::string::npos);
        CHECK(text.find("got a date or time") != std::string::npos);
    }
}

TEST_CASE("each key is described once per scope") {
    std::set<std::pair<config::Scope, std::string_view>> seen;
    for (const auto& key : config::all_keys()) {
        CAPTURE(key.name);
        CHECK(seen.emplace(key.scope, key.name).second);
        CHECK(key.doc.ends_with('.'));
        CHECK((key.type == config::Type::Choice) == !key.choices.empty());
        const bool has_range =
            key.type == config::Type::Number || key.type == config::Type::Numbers;
        CHECK(has_range == (key.low < key.high));
        CHECK((key.scope == config::Scope::Container) == !key.variable.empty());
        CHECK(config::find_key(key.scope, key.name) == &key);
    }
}
