// SPDX-License-Identifier: MIT
#include "config/render.hpp"

#include <array>

#include "base/suggest.hpp"
#include "base/utf8.hpp"
#include "config/expand.hpp"

namespace config {
namespace {

std::string escape_sql(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\'' || c == '\\') {
            out += c;
        }
        out += c;
    }
    return out;
}

std::string escape_php(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\'' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out;
}

std::string quote_shell(std::string_view value) {
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + "'";
}

std::string keep(std::string_view value) {
    return std::string{value};
}

using Filter = std::string (*)(std::string_view);
struct NamedFilter {
    std::string_view name;
    Filter apply;
};
constexpr std::array<NamedFilter, 4> kFilters{
    {{"sql", escape_sql}, {"php", escape_php}, {"json", escape_json}, {"shell", quote_shell}}};

Filter find_filter(std::string_view name) {
    for (const auto& filter : kFilters) {
        if (filter.name == name) {
            return filter.apply;
        }
    }
    return nullptr;
}

std::string unknown_filter(std::string_view name) {
    std::array<std::string_view, kFilters.size()> names;
    for (std::size_t i = 0; i < names.size(); ++i) {
        names[i] = kFilters[i].name;
    }
    const auto close = base::suggest(name, names);
    return "unknown filter '" + std::string{name} + "', expected sql, php, json or shell" +
           (close.empty() ? "" : "; did you mean '" + std::string{close} + "'?");
}

/// Walks over a text and knows the place in it.
class Walk {
  public:
    explicit Walk(std::string_view text) : text_{text} {}

    [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
    [[nodiscard]] bool sees(std::string_view token) const {
        return text_.substr(at_).starts_with(token);
    }
    [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
    void advance(std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i) {
            const char c = text_[at_++];
            if (c == '\n') {
                ++line_;
                column_ = 1;
            } else if (!base::is_continuation(c)) {
                ++column_;  // UTF-8 continuation bytes are no columns
            }
        }
    }
    [[nodiscard]] RenderError error(std::string message) const {
        return {line_, column_, std::move(message), false};
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    int line_ = 1;
    int column_ = 1;
};

struct Reference {
    std::string_view name;
    Filter filter = keep;
    std::size_t size = 0;  ///< of the whole reference, braces included
};

base::Result<Reference, RenderError> read_reference(const Walk& walk) {
    const auto rest = walk.rest();
    const auto end = rest.find_first_of("}\n");
    if (end == std::string_view::npos || rest[end] != '}') {
        return base::unexpected(
            walk.error("'${' without its '}' on the same line; a literal '${' is written '$${'"));
    }
    const auto inside = rest.substr(2, end - 2);
    const auto bar = inside.find('|');
    Reference reference{inside.substr(0, bar), keep, end + 1};
    if (!is_variable_name(reference.name)) {
        return base::unexpected(
            walk.error("'" + std::string{rest.substr(0, end + 1)} +
                       "' must be ${NAME} or ${NAME|filter}; a literal '${' is written '$${'"));
    }
    if (bar != std::string_view::npos) {
        reference.filter = find_filter(inside.substr(bar + 1));
        if (reference.filter == nullptr) {
            return base::unexpected(walk.error(unknown_filter(inside.substr(bar + 1))));
        }
    }
    return reference;
}

/// Goes on behind an error, so that all of them are found.
std::string render(std::string_view text, const Environment& names,
                   std::vector<RenderError>& errors) {
    std::string out;
    Walk walk{text};
    while (!walk.at_end()) {
        if (walk.sees("$${")) {
            out += "${";
            walk.advance(3);
            continue;
        }
        if (!walk.sees("${")) {
            out += walk.rest().front();
            walk.advance(1);
            continue;
        }
        const auto reference = read_reference(walk);
        if (!reference) {
            errors.push_back(reference.error());
            walk.advance(2);
            continue;
        }
        if (const auto value = names.get(reference->name)) {
            out += reference->filter(*value);
        } else {
            errors.push_back(walk.error("'" + std::string{reference->name} + "' is not defined"));
            errors.back().is_undefined = true;
        }
        walk.advance(reference->size);
    }
    return out;
}

}  // namespace

std::string escape_json(std::string_view value) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    return out;
}

base::Result<std::string, RenderError> render_template(std::string_view text,
                                                       const Environment& names) {
    std::vector<RenderError> errors;
    auto rendered = render(text, names, errors);
    if (!errors.empty()) {
        return base::unexpected(std::move(errors.front()));
    }
    return rendered;
}

std::vector<RenderError> check_template(std::string_view text, const Environment& names) {
    std::vector<RenderError> errors;
    static_cast<void>(render(text, names, errors));
    return errors;
}

}  // namespace config
