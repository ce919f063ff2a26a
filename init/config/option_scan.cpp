// SPDX-License-Identifier: MIT
#include "config/option_scan.hpp"

namespace config {

using Found = base::Result<std::optional<FoundOption>, std::string>;

Found OptionScan::next() {
    if (letter_ != 0) {
        return next_letter();
    }
    if (index_ >= arguments_.size()) {
        return std::nullopt;
    }
    const std::string_view argument = arguments_[index_];
    if (argument == "--") {
        ++index_;
        ended_by_dashes_ = true;
        // Nothing behind it is an option any more, whatever it looks like.
        forms_ = {};
        arguments_ = arguments_.subspan(index_);
        index_ = 0;
        return std::nullopt;
    }
    if (ended_by_dashes_ || argument.size() < 2 || argument[0] != '-') {
        return std::nullopt;
    }
    if (argument[1] == '-') {
        return next_word(argument);
    }
    letter_ = 1;
    return next_letter();
}

Found OptionScan::next_letter() {
    const std::string_view group = arguments_[index_];
    const char letter = group[letter_];
    const bool is_last = letter_ + 1 == group.size();
    for (std::size_t i = 0; i < forms_.size(); ++i) {
        if (forms_[i].letter != letter) {
            continue;
        }
        FoundOption found{i, {}, group.substr(0, 2)};
        if (!forms_[i].takes_value) {
            letter_ = is_last ? 0 : letter_ + 1;
            index_ += is_last ? 1 : 0;
            return found;
        }
        if (!is_last) {
            found.value = group.substr(letter_ + 1);
        } else if (index_ + 1 < arguments_.size()) {
            found.value = arguments_[++index_];
        } else {
            return base::unexpected("option '-" + std::string(1, letter) + "' needs a value");
        }
        ++index_;
        letter_ = 0;
        return found;
    }
    return base::unexpected("unknown option '-" + std::string(1, letter) + "'");
}

Found OptionScan::next_word(std::string_view argument) {
    const auto equals = argument.find('=');
    const auto word = argument.substr(2, equals == std::string_view::npos ? equals : equals - 2);
    for (std::size_t i = 0; i < forms_.size(); ++i) {
        if (forms_[i].word != word || word.empty()) {
            continue;
        }
        FoundOption found{i, {}, argument.substr(0, equals)};
        if (forms_[i].takes_value) {
            if (equals != std::string_view::npos) {
                found.value = argument.substr(equals + 1);
            } else if (index_ + 1 < arguments_.size()) {
                found.value = arguments_[++index_];
            } else {
                return base::unexpected("option '--" + std::string{word} + "' needs a value");
            }
        } else if (equals != std::string_view::npos) {
            return base::unexpected("option '--" + std::string{word} + "' takes no value");
        }
        ++index_;
        return found;
    }
    return base::unexpected("unknown option '--" + std::string{word} + "'");
}

}  // namespace config
