// SPDX-License-Identifier: MIT
#include "config/expand.hpp"

namespace config {
namespace {

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

/// The value of a reference, or the message why it has none.
base::Result<std::string_view, std::string> look_up(const Reference& reference,
                                                    const Environment& environment) {
    const auto value = environment.get(reference.name);
    const auto name = "'" + std::string{reference.name} + "'";
    switch (reference.action) {
    case '-':
        return value && !value->empty() ? *value : reference.word;
    case '?':
        if (!value || value->empty()) {
            return base::unexpected("variable " + name +
                                    (reference.word.empty() ? " is not set or empty"
                                                            : ": " + std::string{reference.word}));
        }
        return *value;
    default:
        if (!value) {
            return base::unexpected("variable " + name + " is not set");
        }
        return *value;
    }
}

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
        const auto end = text.find('}', at);
        if (end == std::string_view::npos) {
            return base::unexpected(ExpandError{at, 2, "'${' without its '}'",
                                                "a literal '${' is written '$${'", false});
        }
        const auto whole = text.substr(at, end + 1 - at);
        const auto reference = parse_reference(whole.substr(2, whole.size() - 3));
        if (!reference) {
            return base::unexpected(
                ExpandError{at, whole.size(),
                            "'" + std::string{whole} +
                                "' must be ${NAME}, ${NAME:-default} or ${NAME:?message}",
                            "a literal '${' is written '$${'", false});
        }
        const auto value = look_up(*reference, environment);
        if (!value) {
            const auto name = std::string{reference->name};
            return base::unexpected(ExpandError{
                at, whole.size(), value.error(),
                reference->action == '?' ? "" : "set it, or write ${" + name + ":-}", true});
        }
        out += *value;
        at = end + 1;
    }
    return out;
}

}  // namespace config
