// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/environment.hpp"
#include "config/load.hpp"
#include "config/source.hpp"

namespace cli {

/// The variables of this process (environ(7)).
class ProcessEnvironment final : public config::Environment {
  public:
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override;
};

/// Reads every configuration file of `paths` (directories, or single .toml files), in the order in
/// which they apply. Blocks on the file system. The errors are whole lines for people, all of them
/// at once: a path that does not exist or is of the wrong kind, an unreadable or oversized file, no
/// service at all.
[[nodiscard]] base::Result<std::vector<config::SourceFile>, std::vector<std::string>> read_config(
    std::span<const std::string> paths);

/// What `run` and `show` share: reads and loads `paths`. On failure the text to print to
/// standard error, complete with its last line "pidone: 3 errors, nothing was started", or what
/// else follows (`outcome`).
[[nodiscard]] base::Result<config::Loaded, std::string> load_config(
    std::span<const std::string> paths, std::string_view outcome = "nothing was started");

/// That text for complaints that are there already; "" when none of them is an error.
[[nodiscard]] std::string all_errors(const config::Diagnostics& diagnostics,
                                     std::string_view outcome);

/// "pidone: 1 error, nothing was started\n".
[[nodiscard]] std::string error_summary(std::size_t count,
                                        std::string_view outcome = "nothing was started");

}  // namespace cli
