// SPDX-License-Identifier: MIT
#include "config/reader.hpp"

#include <charconv>

#include "base/suggest.hpp"
#include "base/utf8.hpp"
#include "config/expand.hpp"

namespace config {
namespace {

std::string_view line_of(std::string_view text, int line) {
    for (int i = 1; i < line; ++i) {
        const auto end = text.find('\n');
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return text.substr(0, text.find('\n'));
}

/// The place of `token` inside a string, or the string itself when escapes hide it.
SourcePos place_in(const Value& value, std::string_view source, std::string_view token) {
    const auto line = line_of(source, value.pos.line);
    std::size_t from = 0;
    for (int column = 1; from < line.size() && column < value.pos.column; ++column) {
        do {
            ++from;
        } while (from < line.size() && base::is_continuation(line[from]));
    }
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

}  // namespace

std::string quoted(std::string_view text) {
    return "'" + std::string{text} + "'";
}

std::string describe(const Value& value) {
    switch (value.kind) {
    case Value::Kind::String:
        return "string " + quoted(value.string);
    case Value::Kind::Integer:
        return "integer " + std::to_string(value.integer);
    case Value::Kind::Float:
        return "a float";
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
    if (hint.empty()) {
        for (const auto& key : all_keys()) {
            if (key.name == entry.key && scope_name(key.scope).starts_with('[')) {
                hint = "it belongs into " + std::string{scope_name(key.scope)};
            } else if (key.name == entry.key && key.scope == Scope::Container) {
                hint = "it belongs into pidone.toml";
            } else if (key.name == entry.key && key.scope == Scope::Service) {
                hint = scope == Scope::Container ? "it belongs into the file of a service"
                                                 : "it belongs above the first [table]";
            }
        }
    }
    error(entry.key_pos, message, hint);
    return false;
}

std::optional<std::string> Reader::expanded(const Value& value) {
    auto result = expand(value.string, LocalEnvironment{environment_, keeps_staging, instance});
    if (!result) {
        const auto& wrong = result.error();
        const auto token = std::string_view{value.string}.substr(wrong.offset, wrong.length);
        const auto pos = place_in(value, diagnostics_.source_text(value.pos.file), token);
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
    if (entry.value.kind != Value::Kind::String) {
        wrong_type(entry, Type::Mode);
        return std::nullopt;
    }
    const auto word = expanded(entry.value);
    if (!word) {
        return std::nullopt;
    }
    unsigned bits = 0;
    const auto [end, failure] = std::from_chars(word->data(), word->data() + word->size(), bits, 8);
    if (word->size() < 3 || word->size() > 4 || failure != std::errc{} ||
        end != word->data() + word->size()) {
        error(entry.value.pos, quoted(entry.key) + " must be an octal string like \"" +
                                   (entry.key == "umask" ? "0022" : "0755") + "\", got " +
                                   quoted(*word));
        return std::nullopt;
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
        error(entry.value.pos,
              quoted(entry.key) + " must be a signal's name like \"TERM\", got " + quoted(*word));
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
