// SPDX-License-Identifier: MIT
#include "config/cron.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace config {
namespace {

using Bits = base::Result<std::uint64_t, std::string>;

struct Field {
    std::string_view name;
    int low;
    int high;
    std::string_view words;  ///< names of three letters for `low` and up, one after another
};

constexpr int kWeekday = 4;
constexpr std::array<Field, 5> kFields{{
    {"minute", 0, 59, ""},
    {"hour", 0, 23, ""},
    {"day of the month", 1, 31, ""},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"weekday", 0, 7, "sunmontuewedthufrisat"},
}};

struct Nickname {
    std::string_view word;
    std::string_view fields;
};
constexpr std::array<Nickname, 7> kNicknames{{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
}};

std::optional<int> parse_number(std::string_view text) {
    int number = 0;
    const auto* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return !text.empty() && text[0] != '-' && error == std::errc{} && end == last
               ? std::optional{number}
               : std::nullopt;
}

std::optional<int> parse_value(const Field& field, std::string_view text) {
    if (const auto number = parse_number(text)) {
        return *number >= field.low && *number <= field.high ? number : std::nullopt;
    }
    std::string word{text};
    for (char& c : word) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    const auto at = word.size() == 3 ? field.words.find(word) : std::string_view::npos;
    return at != std::string_view::npos && at % 3 == 0
               ? std::optional{field.low + static_cast<int>(at / 3)}
               : std::nullopt;
}

base::unexpected<std::string> wrong(const Field& field, std::string_view text) {
    return base::unexpected("the " + std::string{field.name} + " must be from " +
                            std::to_string(field.low) + " to " + std::to_string(field.high) +
                            (field.words.empty() ? "" : " or a name of three letters") + ", got '" +
                            std::string{text} + "'");
}

/// "*", "5", "mon-fri", each but a single value perhaps with "/STEP".
Bits parse_item(const Field& field, std::string_view text) {
    const bool is_weekday = field.high == 7;
    const auto slash = text.find('/');
    const auto range = text.substr(0, slash);
    const auto dash = range.find('-');
    int first = field.low;
    int last = is_weekday ? 6 : field.high;
    if (range != "*") {
        const auto start = parse_value(field, range.substr(0, dash));
        auto end = start;
        if (dash != std::string_view::npos) {
            end = parse_value(field, range.substr(dash + 1));
        }
        if (!start || !end) {
            return wrong(field, range);
        }
        first = *start;
        // A week that ends with Sunday, by name.
        last = is_weekday && *end == 0 && first > 0 ? 7 : *end;
        if (last < first) {
            return base::unexpected("the " + std::string{field.name} + " range '" +
                                    std::string{range} + "' runs backwards");
        }
        if (slash != std::string_view::npos && dash == std::string_view::npos) {
            return base::unexpected("a step needs '*' or a range in front, got '" +
                                    std::string{text} + "'");
        }
    }
    const auto step =
        slash == std::string_view::npos ? std::optional{1} : parse_number(text.substr(slash + 1));
    if (!step || *step < 1 || *step > field.high) {
        return base::unexpected("a step must be from 1 to " + std::to_string(field.high) +
                                ", got '" + std::string{text} + "'");
    }
    std::uint64_t bits = 0;
    for (int i = first; i <= last; i += *step) {
        bits |= std::uint64_t{1} << (is_weekday ? i % 7 : i);
    }
    return bits;
}

Bits parse_field(const Field& field, std::string_view text) {
    std::uint64_t bits = 0;
    for (;;) {
        const auto comma = text.find(',');
        auto item = parse_item(field, text.substr(0, comma));
        if (!item) {
            return item;
        }
        bits |= *item;
        if (comma == std::string_view::npos) {
            return bits;
        }
        text.remove_prefix(comma + 1);
    }
}

/// Whether some year has one of the dates.
bool is_possible(const core::Cron& cron) {
    constexpr std::array<int, 13> kLengths{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!cron.any_day && !cron.any_weekday) {
        return true;
    }
    for (std::size_t month = 1; month < kLengths.size(); ++month) {
        const auto days = (std::uint64_t{2} << kLengths[month]) - 2;
        if ((cron.months >> month & 1) != 0 && (cron.days & days) != 0) {
            return true;
        }
    }
    return false;
}

}  // namespace

base::Result<core::Cron, std::string> parse_cron(std::string_view text) {
    for (const auto& nickname : kNicknames) {
        text = text == nickname.word ? nickname.fields : text;
    }
    std::array<std::string_view, 5> words;
    std::size_t count = 0;
    for (auto rest = text; !rest.empty();) {
        const auto end = std::min(rest.find_first_of(" \t"), rest.size());
        if (end > 0 && count < words.size()) {
            words[count] = rest.substr(0, end);
        }
        count += end > 0 ? 1U : 0U;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (count != words.size()) {
        return base::unexpected(std::string{
            "expected \"every 6h\", five fields like \"0 3 * * *\" or a word like \"@daily\""});
    }
    std::array<std::uint64_t, 5> bits{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto field = parse_field(kFields[i], words[i]);
        if (!field) {
            return base::unexpected(field.error());
        }
        bits[i] = *field;
    }
    core::Cron cron;
    cron.minutes = bits[0];
    cron.hours = static_cast<std::uint32_t>(bits[1]);
    cron.days = static_cast<std::uint32_t>(bits[2]);
    cron.months = static_cast<std::uint32_t>(bits[3]);
    cron.weekdays = static_cast<std::uint32_t>(bits[kWeekday]);
    cron.any_day = words[2].starts_with('*');
    cron.any_weekday = words[kWeekday].starts_with('*');
    if (!is_possible(cron)) {
        return base::unexpected(std::string{"no year has such a date"});
    }
    return cron;
}

}  // namespace config
