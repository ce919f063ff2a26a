// SPDX-License-Identifier: MIT
#include <charconv>
#include <cmath>

#include "base/size.hpp"
#include "config/reader.hpp"

namespace config {
namespace {

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

}  // namespace

std::optional<int> Reader::number(const Entry& entry, int low, int high) {
    std::optional<std::int64_t> found;
    auto came = describe(entry.value);
    if (entry.value.kind == Value::Kind::Integer) {
        found = entry.value.integer;
    } else if (entry.value.kind == Value::Kind::String &&
               entry.value.string.find("${") != std::string::npos) {
        const auto word = expanded(entry.value);
        if (!word) {
            return std::nullopt;
        }
        found = parse_integer(*word);
        came = quoted(*word);
    }
    if (!found || *found < low || *found > high) {
        error(entry.value.pos, quoted(entry.key) + " must be an integer from " +
                                   std::to_string(low) + " to " + std::to_string(high) + ", got " +
                                   came);
        return std::nullopt;
    }
    return static_cast<int>(*found);
}

std::optional<int> Reader::number(const Entry& entry, Scope scope) {
    const auto* key = find_key(scope, entry.key);
    return number(entry, key->low, key->high);
}

std::optional<unsigned> Reader::permille(const Entry& entry) {
    double found = -1;
    if (entry.value.kind == Value::Kind::Integer) {
        found = static_cast<double>(entry.value.integer);
    } else if (entry.value.kind == Value::Kind::Float) {
        found = entry.value.real;
    } else if (entry.value.string.find("${") != std::string::npos) {
        const auto word = expanded(entry.value);
        if (!word) {
            return std::nullopt;
        }
        const auto* const last = word->data() + word->size();
        const auto [end, error] = std::from_chars(word->data(), last, found);
        found = error == std::errc{} && end == last ? found : -1;
    }
    // Written so that what is no number at all fails.
    if (!(found >= 0 && found <= 1)) {
        wrong_type(entry, Type::Fraction);
        return std::nullopt;
    }
    return static_cast<unsigned>(std::lround(found * 1000));
}

std::optional<std::uint64_t> Reader::size(const Entry& entry, std::uint64_t low,
                                          std::uint64_t high) {
    std::optional<std::uint64_t> found;
    auto came = describe(entry.value);
    if (entry.value.kind == Value::Kind::Integer && entry.value.integer >= 0) {
        found = static_cast<std::uint64_t>(entry.value.integer);
    } else if (entry.value.kind == Value::Kind::String) {
        const auto word = expanded(entry.value);
        if (!word) {
            return std::nullopt;
        }
        found = base::parse_size(*word);
        came = quoted(*word);
    }
    if (!found) {
        error(entry.value.pos,
              quoted(entry.key) + " must be " + std::string{expected(Type::Size)} + ", got " + came,
              "units are KiB, MiB and GiB, without one it is bytes");
    } else if (*found < low || *found > high) {
        error(entry.value.pos, quoted(entry.key) + " must be from " + base::size_text(low) +
                                   " to " + base::size_text(high) + ", got " + came);
        found.reset();
    }
    return found;
}

std::optional<base::Duration> Reader::duration(const Entry& entry, Scope scope) {
    if (entry.value.kind != Value::Kind::String) {
        wrong_type(entry, Type::Duration);
        return std::nullopt;
    }
    const auto word = expanded(entry.value);
    if (!word) {
        return std::nullopt;
    }
    const auto parsed = base::parse_duration(*word);
    if (!parsed) {
        error(entry.value.pos,
              quoted(entry.key) + " must be a duration like \"10s\", got " + quoted(*word),
              kDurationForm);
        return std::nullopt;
    }
    const auto* key = find_key(scope, entry.key);
    const base::Duration least{key->low};
    if (*parsed < least) {
        error(entry.value.pos,
              quoted(entry.key) + " must be at least \"" + base::to_string(least) + "\"",
              key->default_text.empty() && parsed->count() == 0
                  ? "without the key there is no limit"
                  : "");
        return std::nullopt;
    }
    return parsed;
}

}  // namespace config
