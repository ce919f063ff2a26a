// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/signal.hpp"
#include "config/environment.hpp"
#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/source.hpp"
#include "config/value.hpp"

namespace config {

/// Typed getters: each takes a key as the file gives it, expands `${VAR}`, and either returns the
/// value or complains with the place, what was expected and what came.
class Reader {
  public:
    Reader(Diagnostics& diagnostics, const Environment& environment,
           std::span<const SourceFile> files, Unset unset)
        : diagnostics_{diagnostics}, environment_{environment}, files_{files}, unset_{unset} {}

    [[nodiscard]] std::optional<std::string> text(const Entry& entry);
    [[nodiscard]] std::optional<std::string> non_empty(const Entry& entry);
    [[nodiscard]] std::optional<std::string> path(const Entry& entry);
    [[nodiscard]] std::optional<bool> flag(const Entry& entry);
    /// An integer in the range that the key table gives for `entry` in `scope`.
    [[nodiscard]] std::optional<int> number(const Entry& entry, Scope scope);
    [[nodiscard]] std::optional<int> number(const Entry& entry, int low, int high);
    /// A number from 0 to 1, in thousandths.
    [[nodiscard]] std::optional<unsigned> permille(const Entry& entry);
    /// A number of bytes.
    [[nodiscard]] std::optional<std::uint64_t> size(const Entry& entry, std::uint64_t low,
                                                    std::uint64_t high);
    /// One of the least that the key table gives for `entry` in `scope`, or more.
    [[nodiscard]] std::optional<base::Duration> duration(const Entry& entry, Scope scope);
    [[nodiscard]] std::optional<unsigned> mode(const Entry& entry);
    [[nodiscard]] std::optional<std::string> user(const Entry& entry);
    [[nodiscard]] std::optional<base::Signal> signal(const Entry& entry);
    /// One of the words that the key table lists for `entry` in `scope`.
    [[nodiscard]] std::optional<std::string> choice(const Entry& entry, Scope scope);
    /// One string of the array that `entry` is.
    [[nodiscard]] std::optional<std::string> item(const Entry& entry, const Value& value);
    /// Calls `read(text, place)` for each string of an array; what is none is a complaint and hides
    /// nothing beside it.
    template <class Read>
    void each_name(const Entry& entry, Read read) {
        if (entry.value.kind != Value::Kind::Array) {
            wrong_type(entry, Type::Names);
            return;
        }
        for (const auto& value : entry.value.items) {
            if (auto text = item(entry, value)) {
                read(*std::move(text), value.pos);
            }
        }
    }
    /// An array of strings, all of them or nothing.
    [[nodiscard]] std::optional<std::vector<std::string>> strings(const Entry& entry, Type type);
    /// A program and its arguments: at least the program.
    [[nodiscard]] std::optional<std::vector<std::string>> command(const Entry& entry);

    /// Expands one string; `value` must be of Kind::String.
    [[nodiscard]] std::optional<std::string> expanded(const Value& value);

    /// Whether `scope` has the key; complains if not.
    [[nodiscard]] bool knows(Scope scope, const Entry& entry);
    /// Complains that `entry` is not of `type`.
    void wrong_type(const Entry& entry, Type type) { wrong_type(entry.key, entry.value, type); }
    void wrong_type(std::string_view key, const Value& value, Type type,
                    std::string_view hint = "");

    /// What came instead, for messages: "integer 10", "string 'x'", "an array".
    [[nodiscard]] std::string describe(const Value& value) const;

    void error(SourcePos pos, std::string_view message, std::string_view hint = "") {
        diagnostics_.error(pos, message, hint);
    }
    void warning(SourcePos pos, std::string_view message, std::string_view hint = "") {
        diagnostics_.warning(pos, message, hint);
    }
    /// The directory of the file that `pos` is in.
    [[nodiscard]] const std::string& directory_of(SourcePos pos) const {
        return files_[static_cast<std::size_t>(pos.file)].directory;
    }

    /// While set, "${STAGING}" stays as it is for the runtime to fill in.
    bool keeps_staging = false;
    /// What "${INSTANCE}" stands for; "" = nothing.
    std::string_view instance = {};

  private:
    Diagnostics& diagnostics_;
    const Environment& environment_;
    std::span<const SourceFile> files_;
    Unset unset_;
};

/// The remedy for what is no duration.
inline constexpr std::string_view kDurationForm =
    "units are d, h, m, s and ms, in this order; ten years at most";

/// "did you mean 'x'?", or "" when nothing is close.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> candidates);

/// 'text' in quotes.
[[nodiscard]] std::string quoted(std::string_view text);

/// One key and the function that reads it into a Target.
template <class Target>
struct Handler {
    std::string_view key;
    void (*read)(Reader& reader, const Entry& entry, Target& target);
};

/// Whether `handlers` and the keys of `scope` are the same set; for static_assert.
template <class Handlers>
[[nodiscard]] constexpr bool covers(const Handlers& handlers, Scope scope) {
    std::size_t matched = 0;
    std::size_t keys = 0;
    for (const auto& key : kKeys) {
        if (key.scope != scope) {
            continue;
        }
        ++keys;
        for (const auto& handler : handlers) {
            matched += handler.key == key.name ? 1U : 0U;
        }
    }
    return matched == keys && handlers.size() == keys;
}

/// Reads every entry of `table` with its handler; unknown keys are complaints.
template <class Target, std::size_t N>
void read_keys(Reader& reader, Scope scope, const Value& table,
               const std::array<Handler<Target>, N>& handlers, Target& target) {
    for (const auto& entry : table.entries) {
        if (!reader.knows(scope, entry)) {
            continue;
        }
        for (const auto& handler : handlers) {
            if (handler.key == entry.key) {
                handler.read(reader, entry, target);
            }
        }
    }
}

}  // namespace config
