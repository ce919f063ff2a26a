// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/environment.hpp"
#include "config/options.hpp"

namespace config {

// The values of options and variables, one function each. An error says what was expected and what
// came; the caller puts the option's or the variable's name in front.
using Checked = base::Result<void, std::string>;

[[nodiscard]] Checked read_flag(std::string_view text, bool& flag);
[[nodiscard]] Checked read_signal(std::string_view text, core::Signal& signal);
[[nodiscard]] Checked read_duration(std::string_view text, core::Duration& duration);
/// "CODE" or "CODE:CODE". A later one of the same first code takes the place of the earlier: the
/// variables are read first, so the command line wins over them.
[[nodiscard]] Checked add_remap(std::string_view text, core::CommandSettings& settings);
/// "FROM:TO", names or numbers, an empty TO drops; then set_rewrite().
[[nodiscard]] Checked add_rewrite(std::string_view text, core::CommandSettings& settings);
/// Adds a rewrite; it takes the place of an earlier one of the same signal.
void set_rewrite(core::SignalRoute route, core::CommandSettings& settings);
/// A number from `low` to `high`, decimal digits only.
[[nodiscard]] std::optional<int> parse_number(std::string_view text, int low, int high);

/// Applies every PIDONE_* variable of the command line that is set. The error names the variable.
[[nodiscard]] Checked apply_variables(const Environment& environment, Options& options);

/// A UsageError of a persona.
[[nodiscard]] inline base::unexpected<UsageError> usage_error(std::string message, int exit_code,
                                                              std::string_view persona) {
    return base::unexpected(UsageError{std::move(message), exit_code, persona});
}

}  // namespace config
