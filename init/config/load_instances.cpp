// SPDX-License-Identifier: MIT
#include <algorithm>

#include "config/draft.hpp"

namespace config {
namespace {

constexpr int kMost = 64;

bool is_instance_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    });
}

std::vector<std::string> named(Reader& reader, const Entry& entry) {
    std::vector<std::string> names;
    const auto count = entry.value.items.size();
    if (count == 0 || count > kMost) {
        reader.error(entry.value.pos,
                     "'instances' must hold from 1 to 64 names, got " + std::to_string(count),
                     count == 0 ? "enabled = false leaves a service out" : "");
        return names;
    }
    reader.each_name(entry, [&](std::string name, SourcePos pos) {
        if (!is_instance_name(name)) {
            reader.error(pos, quoted(name) + " is no name of an instance",
                         "use letters, digits, '.', '_' and '-' only");
        } else if (std::find(names.begin(), names.end(), name) != names.end()) {
            reader.error(pos, "another instance is called " + quoted(name) + " already");
        } else {
            names.push_back(std::move(name));
        }
    });
    return names;
}

std::vector<std::string> numbered(Reader& reader, const Entry& entry) {
    std::vector<std::string> names;
    const bool is_number = entry.value.kind == Value::Kind::Integer ||
                           entry.value.string.find("${") != std::string::npos;
    if (!is_number) {
        reader.wrong_type(entry, Type::Instances);
        return names;
    }
    const int count = reader.number(entry, 1, kMost).value_or(0);
    for (int i = 1; i <= count; ++i) {
        names.push_back(std::to_string(i));
    }
    return names;
}

}  // namespace

std::vector<std::string> read_instances(Reader& reader, const Value& table) {
    std::vector<std::string> names;
    if (const auto* entry = find_entry(table, "instances")) {
        names = entry->value.kind == Value::Kind::Array ? named(reader, *entry)
                                                        : numbered(reader, *entry);
    }
    if (names.empty()) {
        names.emplace_back();
    }
    return names;
}

}  // namespace config
