// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/environment.hpp"
#include "config/options.hpp"
#include "config/source.hpp"

/// Variables for a test.
class TestEnvironment final : public config::Environment {
  public:
    TestEnvironment() = default;
    explicit TestEnvironment(std::map<std::string, std::string, std::less<>> variables)
        : variables_{std::move(variables)} {}
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override {
        const auto found = variables_.find(name);
        return found == variables_.end() ? std::nullopt
                                         : std::optional<std::string_view>{found->second};
    }

  private:
    std::map<std::string, std::string, std::less<>> variables_;
};

/// The file NAME.toml of the directory "etc".
[[nodiscard]] inline config::SourceFile service_file(const std::string& name, std::string text) {
    return {"etc/" + name + ".toml", "/etc/pidone", name, false, std::move(text)};
}

/// What a command line asks for; the test fails where it is refused.
[[nodiscard]] inline config::Options parsed(const std::vector<std::string>& argv,
                                            const TestEnvironment& environment = {}) {
    const auto options = config::parse_command_line(argv, environment);
    if (!options) {
        FAIL(options.error().message);
    }
    return options.value_or(config::Options{});
}
