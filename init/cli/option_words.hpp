// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/commands.hpp"

/// What every sub-command reads its words with.
namespace cli {

/// The error of a command line, one line for people.
[[nodiscard]] base::unexpected<std::string> wrong(std::string message);

/// 'TEXT'
[[nodiscard]] std::string quoted(std::string_view text);

/// "--since" of "--since=5m"; a word that is no long option is its own name.
[[nodiscard]] std::string_view option_name(std::string_view word);

/// Each short option as a word of its own: "-fn1" becomes "-f", "-n", "1" when `flags` has the f
/// and `valued` the n. Words behind "--", and those with a letter that neither has, stay as they
/// are.
[[nodiscard]] std::vector<std::string> split_short(std::span<const std::string> words,
                                                   std::string_view flags, std::string_view valued);

/// Takes the option in front off `words` (not empty) and gives its value: what stands behind its
/// '=', else the next word; nothing where there is none.
[[nodiscard]] std::optional<std::string> take_value(std::span<const std::string>& words);

/// Says what was wrong with the words of a sub-command; gives its exit code.
[[nodiscard]] int refuse_words(const std::string& command, const std::string& error);

/// The exit code of a sub-command that is over before it began: its words were wrong, or ask for
/// help. `Options` has an is_help.
template <class Options>
[[nodiscard]] std::optional<int> answer_words(const std::string& command,
                                              const base::Result<Options, std::string>& options) {
    if (!options) {
        return refuse_words(command, options.error());
    }
    return options->is_help ? std::optional{run_help({&command, 1})} : std::nullopt;
}

}  // namespace cli
