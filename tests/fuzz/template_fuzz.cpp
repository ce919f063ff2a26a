// SPDX-License-Identifier: MIT
// Any bytes may be a template, and any bytes a value. The input is the value, a NUL byte and the
// template. A template is rendered, or its check complains; a value that went through a filter is
// read as that value by what the filter is for, and never leaves its quotes.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "config/render.hpp"
#include "fuzz.hpp"

using fuzz::require;

namespace {

class OneName final : public config::Environment {
  public:
    explicit OneName(std::string_view value) : value_{value} {}
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override {
        return name == "V" ? std::optional{value_} : std::nullopt;
    }

  private:
    std::string_view value_;
};

// What stands between quotes where a backslash takes the meaning from the character behind it;
// nothing when the text ends the quotes. With `doubles`, a quote does so for another quote.
std::optional<std::string> unescape(std::string_view text, char quote, bool doubles) {
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' || (doubles && text[i] == quote)) {
            if (i + 1 == text.size() || (text[i] == quote && text[i + 1] != quote)) {
                return std::nullopt;
            }
            ++i;
        } else if (text[i] == quote) {
            return std::nullopt;
        }
        value += text[i];
    }
    return value;
}

// One word of a POSIX shell made of '...' and \'.
std::optional<std::string> shell_word(std::string_view text) {
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\'') {
            const auto end = text.find('\'', i + 1);
            if (end == std::string_view::npos) {
                return std::nullopt;
            }
            value += text.substr(i + 1, end - i - 1);
            i = end;
        } else if (text.substr(i).starts_with("\\'")) {
            value += '\'';
            ++i;
        } else {
            return std::nullopt;
        }
    }
    return value;
}

bool is_json_string(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) {
            return false;
        }
    }
    return unescape(text, '"', false).has_value();
}

void check_filters(std::string_view value) {
    const OneName names{value};
    const auto through = [&names](std::string_view reference) {
        const auto rendered = config::render_template(reference, names);
        require(rendered.has_value());
        return *rendered;
    };
    require(through("${V}") == value);
    require(unescape(through("${V|sql}"), '\'', true) == value);
    require(unescape(through("${V|php}"), '\'', false) == value);
    require(is_json_string(through("${V|json}")));
    require(shell_word(through("${V|shell}")) == value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string input{reinterpret_cast<const char*>(bytes), size};
    const auto value = std::string_view{input}.substr(0, input.find('\0'));
    const auto text = std::string_view{input}.substr(std::min(value.size() + 1, input.size()));
    check_filters(value);
    const OneName names{value};
    const auto rendered = config::render_template(text, names);
    const auto complaints = config::check_template(text, names);
    require(rendered.has_value() == complaints.empty());
    if (!rendered) {
        require(rendered.error().line >= 1 && rendered.error().column >= 1);
        require(!rendered.error().message.empty());
    }
    return 0;
}
