// SPDX-License-Identifier: MIT
#include "cli/option_words.hpp"

#include "base/exit_status.hpp"
#include "cli/client_output.hpp"

namespace cli {

base::unexpected<std::string> wrong(std::string message) {
    return base::unexpected<std::string>{std::move(message)};
}

std::string quoted(std::string_view text) {
    return "'" + std::string{text} + "'";
}

std::string_view option_name(std::string_view word) {
    return word.starts_with("--") ? word.substr(0, word.find('=')) : word;
}

std::optional<std::string> take_value(std::span<const std::string>& words) {
    const auto& word = words.front();
    const auto name = option_name(word);
    words = words.subspan(1);
    if (name.size() < word.size()) {
        return word.substr(name.size() + 1);
    }
    if (words.empty()) {
        return std::nullopt;
    }
    const auto& value = words.front();
    words = words.subspan(1);
    return value;
}

int refuse_words(const std::string& command, const std::string& error) {
    return complain(command + ": " + error, base::kExitUsage);
}

}  // namespace cli
