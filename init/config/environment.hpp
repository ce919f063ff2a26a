// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace config {

/// Answers what a name stands for: the variables of PID 1 for the command line and the loader,
/// those of one service for its templates. An interface, so that config reads no environ(7).
class Environment {
  public:
    virtual ~Environment() = default;
    /// The value of `name`, or nothing when it is not set. The view lives as long as the
    /// environment.
    [[nodiscard]] virtual std::optional<std::string_view> get(std::string_view name) const = 0;
};

}  // namespace config
