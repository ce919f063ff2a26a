// SPDX-License-Identifier: MIT
#include "config/expand.hpp"

namespace config {
namespace {

using Expanded = base::Result<std::string, ExpandError>;

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// What stands between "${" and "}".
struct Reference {
    std::string_view name;
    char action = 0;  ///< 0, '-' for a default, '?' for a message
    std::string_view word;
};

/// Empty when it is not one of the three forms.
std::optional<Reference> parse_reference(std::string_view inside) {
    const auto colon = inside.find(':');
    Reference reference{inside.substr(0, colon), 0, {}};
    if (!is_variable_name(reference.name)) {
        return std::nullopt;
    }
    if (colon == std::string_view::npos) {
        return reference;
    }
    if (colon + 1 >= inside.size() || (inside[colon + 1] != '-' && inside[colon + 1] != '?')) {
        return std::nullopt;
    }
    reference.action = inside[colon + 1];
    reference.word = inside.substr(colon + 2);
    return reference;
}

// Nobody writes more, and a hostile file must not overflow the stack.
constexpr int kMaxDepth = 16;

/// The "}" that closes the "${" in front of `at`, or npos: a default may hold references.
std::size_t find_end(std::string_view text, std::size_t at) {
    int depth = 1;
    while (at < text.size()) {
        const auto rest = text.substr(at);
        if (rest.starts_with("$${")) {
            at += 3;
            continue;
        }
        depth += rest.starts_with("${") ? 1 : rest.front() == '}' ? -1 : 0;
        if (depth == 0) {
            return at;
        }
        ++at;
    }
    return std::string_view::npos;
}

/// Expands one text; `offset` is its place in the whole one, for errors.
class Expansion {
  public:
    explicit Expansion(const Environment& environment) : environment_{environment} {}

    Expanded text(std::string_view text, std::size_t offset, int depth) {
        std::string out;
        out.reserve(text.size());
        std::size_t at = 0;
        while (at < text.size()) {
            if (text.substr(at).starts_with("$${")) {
                out += "${";
                at += 3;
                continue;
            }
            if (!text.substr(at).starts_with("${")) {
                out += text[at++];
                continue;
            }
            const auto end = find_end(text, at + 2);
            if (end == std::string_view::npos) {
                return base::unexpected(ExpandError{offset + at, 2, "'${' without its '}'",
                                                    "a literal '${' is written '$${'", false});
            }
            auto value = reference(text.substr(at, end + 1 - at), offset + at, depth);
            if (!value) {
                return value;
            }
            out += *value;
            at = end + 1;
        }
        return out;
    }

  private:
    /// `whole` is one reference with its braces.
    Expanded reference(std::string_view whole, std::size_t offset, int depth) {
        const auto wrong = [&](std::string message, std::string hint, bool is_unset) {
            return base::unexpected(
                ExpandError{offset, whole.size(), std::move(message), std::move(hint), is_unset});
        };
        if (depth > kMaxDepth) {
            return wrong("more than " + std::to_string(kMaxDepth) + " references in one another",
                         "", false);
        }
        const auto parsed = parse_reference(whole.substr(2, whole.size() - 3));
        if (!parsed) {
            return wrong("'" + std::string{whole} +
                             "' must be ${NAME}, ${NAME:-default} or ${NAME:?message}",
                         "a literal '${' is written '$${'", false);
        }
        const auto value = environment_.get(parsed->name);
        if (value && (parsed->action == 0 || !value->empty())) {
            return std::string{*value};
        }
        const std::string name{parsed->name};
        switch (parsed->action) {
        case '-':
            return text(parsed->word, offset + whole.size() - 1 - parsed->word.size(), depth + 1);
        case '?':
            return wrong("variable '" + name + "'" +
                             (parsed->word.empty() ? " is not set or empty"
                                                   : ": " + std::string{parsed->word}),
                         "", true);
        default:
            return wrong("variable '" + name + "' is not set", "set it, or write ${" + name + ":-}",
                         true);
        }
    }

    const Environment& environment_;
};

}  // namespace

bool is_variable_name(std::string_view name) {
    if (name.empty() || !is_name_start(name[0])) {
        return false;
    }
    for (const char c : name) {
        if (!is_name_start(c) && !(c >= '0' && c <= '9')) {
            return false;
        }
    }
    return true;
}

base::Result<std::string, ExpandError> expand(std::string_view text,
                                              const Environment& environment) {
    return Expansion{environment}.text(text, 0, 1);
}

}  // namespace config
