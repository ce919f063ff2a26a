// SPDX-License-Identifier: MIT
#include "config/toml_reader.hpp"

// Its parser asserts what an input such as "a = [ }" breaks, and only then reports it as an error.
// Input must never abort PID 1, and the checks behind the assertions are complete.
#define TOML_ASSERT(expression) static_assert(true)
// The only file that sees toml++; its flags (no exceptions, no streams) come from meson.build.
#include <toml++/toml.h>

#include <algorithm>

#include "config/text_check.hpp"

namespace config {
namespace {

SourcePos position(const toml::source_region& region, int file) {
    SourcePos pos{file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column),
                  1};
    if (region.end.line == region.begin.line && region.end.column > region.begin.column) {
        pos.length = static_cast<int>(region.end.column - region.begin.column);
    }
    return pos;
}

Value convert(const toml::node& node, int file);

void convert_table(const toml::table& table, int file, Value& value) {
    value.kind = Value::Kind::Table;
    for (auto&& [key, child] : table) {
        value.entries.push_back(
            {std::string{key.str()}, position(key.source(), file), convert(child, file)});
    }
    // toml++ sorts by name; people expect the order of the file.
    std::stable_sort(value.entries.begin(), value.entries.end(), [](const auto& a, const auto& b) {
        return a.key_pos.line != b.key_pos.line ? a.key_pos.line < b.key_pos.line
                                                : a.key_pos.column < b.key_pos.column;
    });
}

Value convert(const toml::node& node, int file) {
    Value value;
    value.pos = position(node.source(), file);
    switch (node.type()) {
    case toml::node_type::table:
        convert_table(*node.as_table(), file, value);
        break;
    case toml::node_type::array:
        value.kind = Value::Kind::Array;
        for (const auto& item : *node.as_array()) {
            value.items.push_back(convert(item, file));
        }
        break;
    case toml::node_type::string:
        value.kind = Value::Kind::String;
        value.string = node.as_string()->get();
        break;
    case toml::node_type::integer:
        value.kind = Value::Kind::Integer;
        value.integer = node.as_integer()->get();
        break;
    case toml::node_type::boolean:
        value.kind = Value::Kind::Boolean;
        value.boolean = node.as_boolean()->get();
        break;
    case toml::node_type::floating_point:
        value.kind = Value::Kind::Float;
        value.real = node.as_floating_point()->get();
        break;
    case toml::node_type::none:
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
        value.kind = Value::Kind::Date;
        break;
    }
    return value;
}

/// "Error while parsing array: expected ..." -> "not valid TOML: expected ..."
std::string reason(std::string_view description) {
    if (description.starts_with("Error while parsing")) {
        const auto colon = description.find(": ");
        if (colon != std::string_view::npos) {
            description.remove_prefix(colon + 2);
        }
    }
    std::string out = "not valid TOML: ";
    for (const char c : description) {
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

std::optional<Value> read_toml(int file, Diagnostics& diagnostics) {
    const std::string_view text = diagnostics.source_text(file);
    if (!check_text(file, diagnostics)) {
        return std::nullopt;
    }
    const auto parsed = toml::parse(text);
    if (!parsed) {
        diagnostics.error(position(parsed.error().source(), file),
                          reason(parsed.error().description()));
        return std::nullopt;
    }
    return convert(parsed.table(), file);
}

}  // namespace config
