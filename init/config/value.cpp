// SPDX-License-Identifier: MIT
#include "config/value.hpp"

#include <algorithm>
#include <string_view>

namespace config {

const Entry* find_entry(const Value& table, std::string_view key) {
    for (const auto& entry : table.entries) {
        if (entry.key == key) {
            return &entry;
        }
    }
    return nullptr;
}

void merge(Value& base, Value over) {
    for (auto& entry : over.entries) {
        const auto found = std::find_if(base.entries.begin(), base.entries.end(),
                                        [&](const auto& known) { return known.key == entry.key; });
        if (found == base.entries.end()) {
            base.entries.push_back(std::move(entry));
        } else if (found->value.kind == Value::Kind::Table &&
                   entry.value.kind == Value::Kind::Table) {
            merge(found->value, std::move(entry.value));
        } else {
            *found = std::move(entry);
        }
    }
}

}  // namespace config
