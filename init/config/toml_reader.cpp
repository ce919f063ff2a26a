// SPDX-License-Identifier: MIT
#include "config/toml_reader.hpp"

// The only file that sees toml++; its flags (no exceptions, no streams) come from meson.build.
#include <toml++/toml.h>

#include <algorithm>

#include "config/source.hpp"

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

SourcePos place_of(std::string_view text, std::size_t offset, int file) {
    SourcePos pos{file, 1, 1, 1};
    for (const char c : text.substr(0, offset)) {
        if (c == '\n') {
            ++pos.line;
            pos.column = 1;
        } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
            ++pos.column;
        }
    }
    return pos;
}

/// The length of the UTF-8 sequence at the start of `text`, or 0 when there is none (RFC 3629: no
/// overlong form, no surrogate, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    const std::size_t size = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
    if (size == 0 || size > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    const unsigned second = size > 1 ? byte(1) : 0;
    const bool is_wrong = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
                          (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
    return is_wrong ? 0 : size;
}

bool check_bytes(std::string_view text, int file, Diagnostics& diagnostics) {
    if (text.size() > kMaxSourceSize) {
        diagnostics.error({file, 0, 0, 1}, "the file is larger than 1 MiB");
        return false;
    }
    std::size_t at = 0;
    while (at < text.size()) {
        if (text[at] == '\0') {
            diagnostics.error(place_of(text, at, file), "a NUL byte", "the file must be text");
            return false;
        }
        const auto size = utf8_length(text.substr(at));
        if (size == 0) {
            diagnostics.error(place_of(text, at, file), "not UTF-8",
                              "save the file in UTF-8 encoding");
            return false;
        }
        at += size;
    }
    return true;
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
    if (!check_bytes(text, file, diagnostics)) {
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
