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

namespace {

/// The pieces of one word, none when it is no row of short options.
std::vector<std::string> pieces_of(const std::string& word, std::string_view flags,
                                   std::string_view valued) {
    std::vector<std::string> pieces;
    for (std::size_t i = 1; word[0] == '-' && i < word.size(); ++i) {
        pieces.push_back({'-', word[i]});
        if (valued.find(word[i]) != std::string_view::npos) {
            if (i + 1 < word.size()) {
                pieces.push_back(word.substr(i + 1));
            }
            break;
        }
        if (flags.find(word[i]) == std::string_view::npos) {
            return {};
        }
    }
    return pieces;
}

}  // namespace

std::vector<std::string> split_short(std::span<const std::string> words, std::string_view flags,
                                     std::string_view valued) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--") {
            out.insert(out.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
            break;
        }
        const auto pieces = pieces_of(words[i], flags, valued);
        if (pieces.empty()) {
            out.push_back(words[i]);
        }
        out.insert(out.end(), pieces.begin(), pieces.end());
    }
    return out;
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
