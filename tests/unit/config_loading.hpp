// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "config/load.hpp"
#include "config_support.hpp"

using Files = std::vector<config::SourceFile>;

/// The messages about these files, without places; a warning says that it is one.
[[nodiscard]] inline std::string messages(const Files& files,
                                          const TestEnvironment& environment = {}) {
    const auto result = config::load_all(files, environment);
    std::string out;
    for (const auto& entry : result.diagnostics.entries()) {
        out += entry.severity == config::Severity::Warning ? "warning: " : "";
        out += entry.message + (entry.hint.empty() ? "" : "; " + entry.hint) + "\n";
    }
    return out;
}

/// The same about one service x with the program x.
[[nodiscard]] inline std::string about(const std::string& text) {
    return messages({service_file("x", "command = [\"x\"]\n" + text)});
}

/// What these files make; the test fails where they are refused.
[[nodiscard]] inline core::Spec loaded(const Files& files,
                                       const TestEnvironment& environment = {}) {
    auto spec = config::load(files, environment);
    if (!spec) {
        FAIL(spec.error().render());
    }
    return spec.value_or(core::Spec{});
}

/// The service that these lines make.
[[nodiscard]] inline core::ServiceSpec service(const std::string& text,
                                               const TestEnvironment& environment = {}) {
    return loaded({service_file("x", "command = [\"x\"]\n" + text)}, environment).services.front();
}

using List = std::vector<std::string>;
