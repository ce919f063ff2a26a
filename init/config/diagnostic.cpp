// SPDX-License-Identifier: MIT
#include "config/diagnostic.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/utf8.hpp"

namespace config {
namespace {

constexpr std::size_t kMaxShown = 2000;  ///< what a terminal keeps, not what one reads
constexpr std::size_t kMaxColumns =
    100;  ///< of a source line; longer ones are cut around the place

/// One entry per character; control characters and what is no UTF-8 are replaced: a terminal must
/// not obey what stands in a file.
std::vector<std::string_view> characters(std::string_view line) {
    std::vector<std::string_view> out;
    std::size_t at = 0;
    while (at < line.size()) {
        std::size_t size = 1;
        while (at + size < line.size() && base::is_continuation(line[at + size])) {
            ++size;
        }
        const auto character = line.substr(at, size);
        const bool is_shown =
            base::character_length(character) == size && !base::is_control(character);
        out.push_back(is_shown ? character : line[at] == '\t' ? " " : "?");
        at += size;
    }
    return out;
}

std::string printable(std::string_view text) {
    std::string out;
    for (const auto character : characters(text)) {
        out += character;
    }
    return out;
}

/// "    7 | restrat = ...\n      | ^~~~~~~ hint: ...\n"
std::string excerpt(std::string_view source, const Diagnostic& diagnostic) {
    const auto line = characters(source);
    auto column = static_cast<std::size_t>(std::max(diagnostic.pos.column, 1)) - 1;
    std::size_t first = 0;
    if (column >= kMaxColumns * 3 / 4) {
        first = column - kMaxColumns / 2;
        column -= first;
    }
    const auto last = std::min(line.size(), first + kMaxColumns);
    auto number = std::to_string(diagnostic.pos.line);
    number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
    std::string out = number + " | ";
    for (std::size_t i = first; i < last; ++i) {
        out += line[i];
    }
    // A place right behind the line is where something is missing.
    const auto width = last > first + column ? last - first - column : 1;
    const auto length = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::max(diagnostic.pos.length, 1)), 1, width);
    out += "\n" + std::string(number.size(), ' ') + " | " + std::string(column, ' ') + "^" +
           std::string(length - 1, '~');
    if (!diagnostic.hint.empty()) {
        out += " hint: " + diagnostic.hint;
    }
    return out + "\n";
}

}  // namespace

int Diagnostics::add_source(std::string path, std::string text) {
    sources_.push_back({std::move(path), std::move(text)});
    return static_cast<int>(sources_.size()) - 1;
}

void Diagnostics::error(SourcePos pos, std::string_view message, std::string_view hint) {
    entries_.push_back({pos, printable(message), printable(hint), Severity::Error});
    ++errors_;
}

void Diagnostics::warning(SourcePos pos, std::string_view message, std::string_view hint) {
    entries_.push_back({pos, printable(message), printable(hint), Severity::Warning});
}

void Diagnostics::drop_repeats() {
    std::set<std::string> seen;
    std::erase_if(entries_, [&](const Diagnostic& entry) {
        const auto& pos = entry.pos;
        return !seen.insert(std::to_string(pos.file) + ":" + std::to_string(pos.line) + ":" +
                            std::to_string(pos.column) + ":" + entry.message)
                    .second;
    });
    errors_ = static_cast<std::size_t>(
        std::count_if(entries_.begin(), entries_.end(),
                      [](const auto& entry) { return entry.severity == Severity::Error; }));
}

const std::string& Diagnostics::source_path(int file) const {
    return sources_[static_cast<std::size_t>(file)].path;
}

const std::string& Diagnostics::source_text(int file) const {
    return sources_[static_cast<std::size_t>(file)].text;
}

std::string_view Diagnostics::source_line(SourcePos pos) const {
    std::string_view text = source_text(pos.file);
    for (int i = 1; i < pos.line; ++i) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) {
            return {};
        }
        text.remove_prefix(end + 1);
    }
    auto found = text.substr(0, text.find('\n'));
    if (found.ends_with('\r')) {
        found.remove_suffix(1);
    }
    return found;
}

std::string Diagnostics::render() const {
    auto sorted = entries_;
    std::stable_sort(sorted.begin(), sorted.end(), [this](const auto& a, const auto& b) {
        return std::tie(source_path(a.pos.file), a.pos.line, a.pos.column) <
               std::tie(source_path(b.pos.file), b.pos.line, b.pos.column);
    });
    std::string out;
    for (std::size_t i = 0; i < std::min(sorted.size(), kMaxShown); ++i) {
        const auto& entry = sorted[i];
        out += source_path(entry.pos.file);
        if (entry.pos.line > 0) {
            out += ":" + std::to_string(entry.pos.line) + ":" + std::to_string(entry.pos.column);
        }
        out += entry.severity == Severity::Error ? ": error: " : ": warning: ";
        out += entry.message;
        if (entry.pos.line > 0) {
            out += "\n" + excerpt(source_line(entry.pos), entry);
        } else {
            out += (entry.hint.empty() ? "" : "; " + entry.hint) + "\n";
        }
    }
    if (sorted.size() > kMaxShown) {
        out += "... and " + std::to_string(sorted.size() - kMaxShown) + " more\n";
    }
    return out;
}

}  // namespace config
