// SPDX-License-Identifier: MIT
#include "config/schema.hpp"

#include <array>

#include "base/signal.hpp"
#include "config/key_table.hpp"
#include "config/render.hpp"

namespace config {
namespace {

// A name behind '#' stands for a reference to that definition.
constexpr std::string_view kVariable = R"(#variable)";

/// What all files have in common.
constexpr std::string_view kDefinitions =
    R"("variable":{"type":"string","pattern":"\\$\\{"},
"duration":{"type":"string","pattern":"^(0|([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+)$|\\$\\{"},
"size":{"anyOf":[{"type":"integer","minimum":0},)"
    R"({"type":"string","pattern":"^[0-9]+(KiB|MiB|GiB)?$|\\$\\{"}]},
"path":{"type":"string","pattern":"^/|\\$\\{"},
"mode":{"type":"string","pattern":"^[0-7]{3,4}$|\\$\\{"},
"user":{"anyOf":[{"type":"integer","minimum":0},{"type":"string","minLength":1}]},
"texts":{"type":"array","items":{"type":"string"}},
"command":{"type":"array","items":{"type":"string"},"minItems":1},
"table":{"type":"object","additionalProperties":{"type":"string"}},
"signals":{"type":"object","propertyNames":{"$ref":"#/definitions/signal"},)"
    R"("additionalProperties":{"anyOf":[{"const":""},{"$ref":"#/definitions/signal"}]}},
"signal":{"type":"string","pattern":"^(SIG)?(IOT|CLD|POLL|RTMIN(\\+[0-9]+)?|RTMAX(-[0-9]+)?)";

/// The form of a type that needs nothing of its key; `@` is the scope of its table.
std::string_view form_of(Type type) {
    switch (type) {
    case Type::Path:
        return "#path";
    case Type::Flag:
        return R"({"type":"boolean"}|#variable)";
    case Type::Fraction:
        return R"({"type":"number","minimum":0,"maximum":1}|#variable)";
    case Type::Size:
        return "#size";
    case Type::Duration:
        return "#duration";
    case Type::Mode:
        return "#mode";
    case Type::User:
        return "#user";
    case Type::Command:
        return "#command";
    case Type::Names:
        return "#texts";
    case Type::Variables:
        return "#table";
    case Type::Signal:
        return "#signal";
    case Type::SignalTable:
        return "#signals";
    case Type::LimitValue:
        return R"({"type":"integer","minimum":0}|{"const":"max"}|#variable|#limit)";
    case Type::Amount:
        return R"({"type":"integer","minimum":0}|{"const":"max"}|#variable)";
    case Type::Endpoints:
    case Type::Sockets:
        return R"({"type":"array","items":{"anyOf":[{"type":"string"},{"$ref":"@"}]}})";
    case Type::Readiness:
    case Type::Probe:
        return R"({"type":"string"}|{"$ref":"@"})";
    case Type::Instances:
        // Written out, because taplo 0.9 completes no key where there is an "allOf".
        return R"({"type":"integer","minimum":1,"maximum":64}|#variable|)"
               R"({"type":"array","items":{"type":"string"},"minItems":1,"maxItems":64})";
    case Type::Table:
        return R"({"$ref":"@"})";
    case Type::Tables:
        return R"({"type":"array","items":{"$ref":"@"}})";
    case Type::Text:
    case Type::Schedule:
    case Type::Choice:
    case Type::Number:
    case Type::Numbers:
        break;
    }
    return R"({"type":"string"})";
}

/// A scope's name without the brackets of TOML, which is also that of the key it belongs to.
std::string_view plain_name(Scope scope) {
    auto name = scope_name(scope);
    while (name.starts_with('[')) {
        name = name.substr(1, name.size() - 2);
    }
    return scope == Scope::Limit ? "limit" : name;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
    return text;
}

std::string quoted_json(std::string_view text) {
    return '"' + escape_json(text) + '"';
}

std::string words_of(const Key& key) {
    return R"({"enum":[")" + replaced(std::string{key.choices}, "|", R"(",")") + "\"]}";
}

/// Some of these, separated by '|', must fit: a variable may stand for most values.
std::string alternatives(std::string_view forms) {
    std::string out;
    int count = 0;
    while (!forms.empty()) {
        const auto end = std::min(forms.find('|'), forms.size());
        const auto form = forms.substr(0, end);
        out += count++ == 0 ? "" : ",";
        out += form.starts_with('#')
                   ? R"({"$ref":"#/definitions/)" + std::string{form.substr(1)} + "\"}"
                   : std::string{form};
        forms.remove_prefix(std::min(end + 1, forms.size()));
    }
    return R"("anyOf":[)" + out + "]";
}

std::string rule_of(const Key& key) {
    const auto range = R"({"type":"integer","minimum":)" + std::to_string(key.low) +
                       R"(,"maximum":)" + std::to_string(key.high) + "}";
    if (key.type == Type::Number) {
        return alternatives(range + "|" + std::string{kVariable});
    }
    if (key.type == Type::Numbers) {
        return R"("type":"array","items":{)" + alternatives(range + "|" + std::string{kVariable}) +
               "}";
    }
    if (key.default_text == "[]" && key.type == Type::Command) {
        return alternatives("#texts");  // it may be left empty
    }
    if (key.type == Type::Choice) {
        return alternatives(words_of(key) + "|" + std::string{kVariable});
    }
    return alternatives(
        replaced(std::string{form_of(key.type)}, "@", "#/definitions/" + std::string{key.name}));
}

/// What the definition of a signal lacks: the names of all standard ones, a number. The loader
/// takes small letters too, which are left to it.
std::string signal_names() {
    std::string out;
    for (int i = 1; i < 32; ++i) {
        out += "|" + std::string{base::to_string(base::Signal{i}).view().substr(3)};
    }
    return out + R"()$|^[0-9]+$|[a-z]|\\$\\{"})";
}

/// The keys that an item of an array must have. Any other table may be part of one, for `NAME.d`.
std::string required_of(Scope scope) {
    std::string out;
    for (const auto& key : all_keys()) {
        const bool is_item = scope == Scope::WaitFor || scope == Scope::Directory ||
                             scope == Scope::Listen || scope == Scope::Template ||
                             scope == Scope::Setup;
        if (is_item && key.scope == scope && key.is_required) {
            out += (out.empty() ? R"(,"required":[)" : ",") + quoted_json(key.name);
        }
    }
    return out.empty() ? out : out + "]";
}

/// The keys of one scope, as a schema of their table.
std::string table_of(Scope scope) {
    std::string out = R"("type":"object","additionalProperties":false,"properties":{)";
    bool is_first = true;
    for (const auto& key : all_keys()) {
        if (key.scope != scope) {
            continue;
        }
        out += is_first ? "\n" : ",\n";
        is_first = false;
        out += quoted_json(key.name) + R"(:{"description":)" + quoted_json(description(key)) + ",";
        out +=
            key.default_text.empty() ? "" : R"("default":)" + std::string{key.default_text} + ",";
        out += rule_of(key) + "}";
    }
    return out + "}" + (scope == Scope::Limit ? R"(,"minProperties":1)" : "") + required_of(scope);
}

}  // namespace

std::string make_schema(FileKind kind) {
    const bool is_container = kind == FileKind::Container;
    std::string out = R"({"$schema":"http://json-schema.org/draft-07/schema#","title":)";
    out += is_container ? "\"pidone.toml\",\n" : "\"a service of pidone\",\n";
    out += table_of(is_container ? Scope::Container : Scope::Service) + ",\n\"definitions\":{\n";
    out += kDefinitions;
    out += signal_names();
    Scope last = Scope::Container;
    for (const auto& key : all_keys()) {
        const bool is_top = key.scope == Scope::Service || key.scope == Scope::Container;
        if (!is_container && !is_top && key.scope != last) {
            last = key.scope;
            out += ",\n" + quoted_json(plain_name(last)) + ":{" + table_of(last) + "}";
        }
    }
    return out + "}}\n";
}

}  // namespace config
