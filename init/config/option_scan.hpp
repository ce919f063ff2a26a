// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace config {

/// One option a command line knows; `letter` 0 or an empty `word` when it has only the other form.
struct OptionForm {
    char letter = 0;
    std::string_view word;
    bool takes_value = false;
};

/// One option that was found: the index of its form in the table, and its value.
struct FoundOption {
    std::size_t form = 0;
    std::string_view value;
    std::string_view spelling;  ///< as it was written, for messages
};

/// Reads options the way getopt_long(3) does ("-gv", "-pTERM", "-p TERM", "--word=value", "--word
/// value"), but stops at the first word that is no option: what follows belongs to the program.
class OptionScan {
  public:
    OptionScan(std::span<const std::string> arguments, std::span<const OptionForm> forms)
        : arguments_{arguments}, forms_{forms} {}

    /// The next option, nothing at the end, or what is wrong ("unknown option '-x'").
    [[nodiscard]] base::Result<std::optional<FoundOption>, std::string> next();

    /// What was not read as an option.
    [[nodiscard]] std::span<const std::string> rest() const { return arguments_.subspan(index_); }
    /// Whether "--" ended the options (it is not in rest()).
    [[nodiscard]] bool ended_by_dashes() const { return ended_by_dashes_; }

  private:
    base::Result<std::optional<FoundOption>, std::string> next_letter();
    base::Result<std::optional<FoundOption>, std::string> next_word(std::string_view argument);

    std::span<const std::string> arguments_;
    std::span<const OptionForm> forms_;
    std::size_t index_ = 0;
    std::size_t letter_ = 0;  ///< position in a group such as "-gv"; 0 = not inside one
    bool ended_by_dashes_ = false;
};

}  // namespace config
