// SPDX-License-Identifier: MIT
#include "config/reader.hpp"

#include <charconv>

#include "base/suggest.hpp"
#include "base/utf8.hpp"
#include "config/expand.hpp"

namespace config {
namespace {

/// Where `pos` is in its line, in bytes.
std::size_t offset_of(SourcePos pos, std::string_view line) {
    std::size_t from = 0;
    for (int column = 1; from < line.size() && column < pos.column; ++column) {
        do {
            ++from;
        } while (from < line.size() && base::is_continuation(line[from]));
    }
    return from;
}

/// The place of `token` inside a string, or the string itself when escapes hide it.
SourcePos place_in(const Value& value, std::string_view line, std::string_view token) {
    const auto from = offset_of(value.pos, line);
    const auto at = line.find(token, from);
    if (at == std::string_view::npos) {
        return value.pos;
    }
    SourcePos pos = value.pos;
    for (std::size_t i = from; i < at; ++i) {
        pos.column += base::is_continuation(line[i]) ? 0 : 1;
    }
    pos.length = static_cast<int>(token.size());
    return pos;
}

/// Answers STAGING with itself while a setup step with `creates` is read, and INSTANCE while one
/// of several instances is.
class LocalEnvironment final : public Environment {
  public:
    LocalEnvironment(const Environment& environment, bool keeps_staging, std::string_view instance)
        : environment_{environment}, keeps_staging_{keeps_staging}, instance_{instance} {}
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override {
        if (name == "STAGING" && keeps_staging_) {
            return "${STAGING}";
        }
        return name == "INSTANCE" && !instance_.empty() ? instance_ : environment_.get(name);
    }

  private:
    const Environment& environment_;
    bool keeps_staging_;
    std::string_view instance_;
};

bool is_user(std::string_view text) {
    const auto colon = text.find(':');
    const auto user = text.substr(0, colon);
    if (user.empty() || text.find_first_of(" \t/\n") != std::string_view::npos) {
        return false;
    }
    if (colon == std::string_view::npos) {
        return true;
    }
    const auto group = text.substr(colon + 1);
    return !group.empty() && group.find(':') == std::string_view::npos;
}

/// "it belongs into listen, into [log] or into [[template]]", or "" when `name` is no key at all.
std::string right_places(Scope scope, std::string_view name) {
    std::string list;
    std::string last;
    for (const auto& key : all_keys()) {
        if (key.name != name) {
            continue;
        }
        if (!last.empty()) {
            list += (list.empty() ? "" : ", ") + last;
        }
        last = key.scope != Scope::Service ? "into " + std::string{scope_name(key.scope)}
               : scope == Scope::Container ? "into the file of a service"
                                           : "above the first [table]";
    }
    return last.empty() ? "" : "it belongs " + list + (list.empty() ? "" : " or ") + last;
}

}  // namespace

std::string quoted(std::string_view text) {
    return "'" + std::string{text} + "'";
}

std::string Reader::describe(const Value& value) const {
    switch (value.kind) {
    case Value::Kind::String:
        return "string " + quoted(value.string);
    case Value::Kind::Integer:
        return "integer " + std::to_string(value.integer);
    case Value::Kind::Float: {
        // As it was written; what it is would be printed in other words.
        const auto line = diagnostics_.source_line(value.pos);
        const auto length = static_cast<std::size_t>(value.pos.length);
        return "float " + std::string{line.substr(offset_of(value.pos, line), length)};
    }
    case Value::Kind::Boolean:
        return value.boolean ? "true" : "false";
    case Value::Kind::Date:
        return "a date or time";
    case Value::Kind::Array:
        return "an array";
    case Value::Kind::Table:
        return "a table";
    }
    return "";
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    const auto close = base::suggest(word, candidates);
    return close.empty() ? "" : "did you mean '" + std::string{close} + "'?";
}

void Reader::wrong_type(std::string_view key, const Value& value, Type type,
                        std::string_view hint) {
    // A number or a flag in an array of strings lacks only its quotes.
    const bool lacks_quotes =
        (value.kind == Value::Kind::Integer || value.kind == Value::Kind::Boolean ||
         value.kind == Value::Kind::Float) &&
        type == Type::Text;
    error(value.pos,
          quoted(key) + " must be " + std::string{expected(type)} + ", got " + describe(value),
          lacks_quotes ? "put it in quotes" : hint);
}

bool Reader::knows(Scope scope, const Entry& entry) {
    if (find_key(scope, entry.key) != nullptr) {
        return true;
    }
    const auto name = scope_name(scope);
    auto message = "unknown key " + quoted(entry.key);
    if (!name.empty()) {
        message += " in " + std::string{name};
    }
    auto hint = scope == Scope::Container && entry.key == "command"
                    ? "pidone.toml is no service, its name is reserved for the settings; rename it"
                    : did_you_mean(entry.key, key_names(scope));
    error(entry.key_pos, message, hint.empty() ? right_places(scope, entry.key) : hint);
    return false;
}

std::optional<std::string> Reader::expanded(const Value& value) {
    auto result = expand(value.string, LocalEnvironment{environment_, keeps_staging, instance});
    if (!result) {
        const auto& wrong = result.error();
        const auto token = std::string_view{value.string}.substr(wrong.offset, wrong.length);
        const auto pos = place_in(value, diagnostics_.source_line(value.pos), token);
        const bool is_staging = token == "${STAGING}";
        if (unset_ == Unset::Warning && wrong.is_unset && !is_staging) {
            diagnostics_.warning(pos, wrong.message);
            return std::nullopt;
        }
        error(pos,
              is_staging ? "'${STAGING}' stands only in the command of a setup step with 'creates'"
                         : wrong.message,
              is_staging               ? ""
              : token == "${INSTANCE}" ? "'instances' sets it in the file of a service"
                                       : wrong.hint);
        return std::nullopt;
    }
    if (result->find('\0') != std::string::npos) {
        error(value.pos, "a NUL character in a string");
        return std::nullopt;
    }
    return *std::move(result);
}

std::optional<std::string> Reader::text(const Entry& entry) {
    if (entry.value.kind != Value::Kind::String) {
        wrong_type(entry, Type::Text);
        return std::nullopt;
    }
    return expanded(entry.value);
}

std::optional<std::string> Reader::non_empty(const Entry& entry) {
    auto found = text(entry);
    if (found && found->empty()) {
        error(entry.value.pos, quoted(entry.key) + " is empty");
        return std::nullopt;
    }
    return found;
}

std::optional<std::string> Reader::path(const Entry& entry) {
    auto found = text(entry);
    if (found && !found->starts_with('/')) {
        error(entry.value.pos,
              quoted(entry.key) + " must be an absolute path, got " + quoted(*found));
        return std::nullopt;
    }
    return found;
}

std::optional<bool> Reader::flag(const Entry& entry) {
    if (entry.value.kind == Value::Kind::Boolean) {
        return entry.value.boolean;
    }
    // A string is fine when a variable decides: enabled = "${WITH_CACHE:-true}".
    if (entry.value.kind != Value::Kind::String ||
        entry.value.string.find("${") == std::string::npos) {
        wrong_type(entry, Type::Flag);
        return std::nullopt;
    }
    const auto word = expanded(entry.value);
    if (word && *word != "true" && *word != "false") {
        error(entry.value.pos, quoted(entry.key) + " must be true or false, got " + quoted(*word));
        return std::nullopt;
    }
    return word ? std::optional{*word == "true"} : std::nullopt;
}

std::optional<unsigned> Reader::mode(const Entry& entry) {
    const auto wrong = [&](const std::string& came) {
        error(entry.value.pos, quoted(entry.key) + " must be an octal string like \"" +
                                   (entry.key == "umask" ? "0022" : "0755") + "\", got " + came);
        return std::nullopt;
    };
    if (entry.value.kind != Value::Kind::String) {
        return wrong(describe(entry.value));
    }
    const auto word = expanded(entry.value);
    if (!word) {
        return std::nullopt;
    }
    unsigned bits = 0;
    const auto [end, failure] = std::from_chars(word->data(), word->data() + word->size(), bits, 8);
    if (word->size() < 3 || word->size() > 4 || failure != std::errc{} ||
        end != word->data() + word->size()) {
        return wrong(quoted(*word));
    }
    return bits;
}

std::optional<std::string> Reader::user(const Entry& entry) {
    if (entry.value.kind == Value::Kind::Integer && entry.value.integer >= 0) {
        return std::to_string(entry.value.integer);
    }
    if (entry.value.kind != Value::Kind::String) {
        wrong_type(entry, Type::User);
        return std::nullopt;
    }
    auto found = text(entry);
    if (found && !is_user(*found)) {
        error(entry.value.pos, quoted(entry.key) + " must be " + std::string{expected(Type::User)} +
                                   ", got " + quoted(*found));
        return std::nullopt;
    }
    return found;
}

std::optional<base::Signal> Reader::signal(const Entry& entry) {
    const auto word = text(entry);
    if (!word) {
        return std::nullopt;
    }
    const auto parsed = base::parse_signal(*word);
    if (!parsed) {
        const auto* key = find_key(Scope::Service, entry.key);
        const std::string example{key == nullptr ? "\"TERM\"" : key->default_text};
        error(entry.value.pos, quoted(entry.key) + " must be a signal's name like " + example +
                                   ", got " + quoted(*word));
    }
    return parsed;
}

std::optional<std::string> Reader::choice(const Entry& entry, Scope scope) {
    auto word = text(entry);
    if (!word) {
        return std::nullopt;
    }
    std::string list;
    std::vector<std::string_view> words;
    for (auto rest = find_key(scope, entry.key)->choices; !rest.empty();) {
        const auto bar = rest.find('|');
        words.push_back(rest.substr(0, bar));
        rest = bar == std::string_view::npos ? std::string_view{} : rest.substr(bar + 1);
        if (words.back() == *word) {
            return word;
        }
        list += (list.empty() ? "\"" : " or \"") + std::string{words.back()} + "\"";
    }
    error(entry.value.pos, quoted(entry.key) + " must be " + list + ", got " + quoted(*word),
          did_you_mean(*word, words));
    return std::nullopt;
}

std::optional<std::string> Reader::item(const Entry& entry, const Value& value) {
    if (value.kind != Value::Kind::String) {
        error(value.pos, quoted(entry.key) + " must hold strings, got " + describe(value),
              value.kind == Value::Kind::Integer ? "put it in quotes" : "");
        return std::nullopt;
    }
    return expanded(value);
}

std::optional<std::vector<std::string>> Reader::strings(const Entry& entry, Type type) {
    if (entry.value.kind != Value::Kind::Array) {
        wrong_type(entry, type);
        return std::nullopt;
    }
    std::vector<std::string> out;
    for (const auto& item : entry.value.items) {
        if (auto word = this->item(entry, item)) {
            out.push_back(*std::move(word));
        }
    }
    return out.size() == entry.value.items.size() ? std::optional{std::move(out)} : std::nullopt;
}

std::optional<std::vector<std::string>> Reader::command(const Entry& entry) {
    auto words = strings(entry, Type::Command);
    if (words && (words->empty() || words->front().empty())) {
        error(entry.value.pos,
              quoted(entry.key) + (words->empty() ? " is empty" : " has an empty program name"),
              "write " + std::string{"[\"/path/to/program\", \"argument\"]"});
        return std::nullopt;
    }
    return words;
}

}  // namespace config
