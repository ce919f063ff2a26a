// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"

namespace config {

struct Entry;

/// A value of a TOML file with its place: what the loader sees of TOML, so that several files can
/// be merged into one tree that still knows where each key came from.
struct Value {
    enum class Kind { String, Integer, Float, Boolean, Date, Array, Table };
    Kind kind = Kind::Table;
    SourcePos pos;
    std::string string;  ///< Kind::String, not expanded
    std::int64_t integer = 0;
    double real = 0;  ///< Kind::Float
    bool boolean = false;
    std::vector<Value> items;    ///< Kind::Array
    std::vector<Entry> entries;  ///< Kind::Table, in the order of the file
};

/// One key of a table.
struct Entry {
    std::string key;
    SourcePos key_pos;
    Value value;
};

/// The entry named `key`, or null.
[[nodiscard]] const Entry* find_entry(const Value& table, std::string_view key);

/// Puts `over` on top of `base`: tables are merged key by key, everything else is replaced whole.
void merge(Value& base, Value over);

}  // namespace config
