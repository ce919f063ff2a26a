// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// What every sub-command reads its words with.
namespace cli {

/// The error of a command line, one line for people.
[[nodiscard]] base::unexpected<std::string> wrong(std::string message);

/// 'TEXT'
[[nodiscard]] std::string quoted(std::string_view text);

/// "--since" of "--since=5m"; a word that is no long option is its own name.
[[nodiscard]] std::string_view option_name(std::string_view word);

/// Takes the option in front off `words` (not empty) and gives its value: what stands behind its
/// '=', else the next word; nothing where there is none.
[[nodiscard]] std::optional<std::string> take_value(std::span<const std::string>& words);

}  // namespace cli
