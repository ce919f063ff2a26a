// SPDX-License-Identifier: MIT
#include "log/pump_line.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/utf8.hpp"

namespace logging {
namespace {

// The longest UTF-8 character has four bytes.
constexpr std::size_t kLongestTail = 3;

// Where to cut a line that is too long: in front of the character that would be torn.
std::size_t cut_at(std::string_view text, std::size_t limit) {
    std::size_t end = limit;
    while (limit - end < kLongestTail && base::is_continuation(text[end])) {
        --end;
    }
    return base::is_continuation(text[end]) ? limit : end;
}

bool is_plain(char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return value >= 0x20 && value < 0x7f && byte != '"' && byte != '\\';
}

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;

// Eight bytes at a time: bit 7 of each byte that is not plain. What lies above the lowest such bit
// may be wrong, because a byte borrows from the next.
constexpr std::uint64_t find_special(std::uint64_t bytes) {
    const auto is_zero = [](std::uint64_t value) { return (value - kOnes) & ~value; };
    const auto found = bytes | (bytes + kOnes) | ((bytes - kOnes * 0x20) & ~bytes) |
                       is_zero(bytes ^ kOnes * '"') | is_zero(bytes ^ kOnes * '\\');
    return found & kOnes * 0x80;
}

// How many bytes at the begin are plain.
std::size_t plain_length(std::string_view text) {
    static_assert(std::endian::native == std::endian::little);
    std::size_t length = 0;
    std::uint64_t bytes = 0;
    for (; length + sizeof bytes <= text.size(); length += sizeof bytes) {
        std::memcpy(&bytes, text.data() + length, sizeof bytes);
        if (const auto special = find_special(bytes); special != 0) {
            return length + static_cast<std::size_t>(std::countr_zero(special)) / 8;
        }
    }
    while (length < text.size() && is_plain(text[length])) {
        ++length;
    }
    return length;
}

// Of a byte that JSON cannot hold as it is, below 0x80.
void put_escape(Sheet& sheet, char byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    constexpr std::string_view kNamed = "\"\\\n\t\r";
    constexpr std::string_view kNames = "\"\\ntr";
    sheet.put('\\');
    if (const auto at = kNamed.find(byte); at != kNamed.npos) {
        sheet.put(kNames[at]);
        return;
    }
    sheet.put("u00");
    sheet.put(kDigits[static_cast<unsigned char>(byte) >> 4U]);
    sheet.put(kDigits[static_cast<unsigned char>(byte) & 0xfU]);
}

}  // namespace

bool LineCutter::next(Piece& piece) {
    const auto look = std::min(rest_.size(), kMaxServiceLine + 1);
    const void* const newline = look == 0 ? nullptr : std::memchr(rest_.data(), '\n', look);
    const bool is_too_long = rest_.size() > kMaxServiceLine;
    std::size_t size = rest_.size();
    if (newline != nullptr) {
        size = static_cast<std::size_t>(static_cast<const char*>(newline) - rest_.data());
    } else if (is_too_long) {
        size = cut_at(rest_, kMaxServiceLine);
    } else if (!takes_rest_ || rest_.empty()) {
        return false;
    }
    piece.ends_line = newline != nullptr;
    piece.text = rest_.substr(0, size);
    rest_.remove_prefix(size + (piece.ends_line ? 1 : 0));
    return true;
}

void Sheet::reserve(std::size_t count) {
    if (bytes_.size() - size_ < count) {
        bytes_.resize(std::max(bytes_.size() * 2, size_ + count));
    }
}

void put_json(Sheet& sheet, std::string_view text) {
    while (!text.empty()) {
        const auto plain = plain_length(text);
        sheet.put(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) {
            return;
        }
        const std::size_t length = base::character_length(text);
        if (length == 1) {
            put_escape(sheet, text[0]);
        } else {
            sheet.put(length == 0 ? std::string_view{"\\ufffd"} : text.substr(0, length));
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

LineWriter::LineWriter(const LineStyle& style)
    : format_{style.format}, has_timestamps_{style.has_timestamps} {
    if (format_ == PumpFormat::Json) {
        heads_[0] = R"(","service":")" + style.name + R"(","stream":")" +
                    (style.stream == Stream::Out ? "stdout" : "stderr") + R"(","message":")";
        return;
    }
    auto name = style.name;
    name.resize(std::max(name.size(), style.width), ' ');
    for (const std::size_t i : {0U, 1U}) {
        heads_[i] = name + (i == 0 ? " |" : " +");
        if (style.color) {
            heads_[i] = "\x1b[" + std::to_string(*style.color) + "m" + heads_[i] + "\x1b[0m";
        }
        heads_[i] += ' ';
    }
}

void LineWriter::write(Sheet& sheet, const Piece& piece, bool continues,
                       const TimeText& time) const {
    if (format_ == PumpFormat::Json) {
        write_object(sheet, piece, time);
        return;
    }
    if (continues && piece.text.empty()) {
        return;
    }
    const auto& head = heads_[continues ? 1 : 0];
    sheet.reserve(head.size() + time.view().size() + piece.text.size() + 2);
    sheet.put(head);
    if (has_timestamps_) {
        sheet.put(time.view());
        sheet.put(' ');
    }
    sheet.put(piece.text);
    sheet.put('\n');
}

void LineWriter::write_bare(Sheet& sheet, const Piece& piece, bool continues,
                            const TimeText& time) const {
    if (format_ == PumpFormat::Json) {
        write_object(sheet, piece, time);
        return;
    }
    sheet.reserve(time.view().size() + piece.text.size() + 2);
    if (has_timestamps_ && !continues) {
        sheet.put(time.view());
        sheet.put(' ');
    }
    sheet.put(piece.text);
    if (piece.ends_line) {
        sheet.put('\n');
    }
}

void LineWriter::write_object(Sheet& sheet, const Piece& piece, const TimeText& time) const {
    constexpr std::string_view kBegin = R"({"time":")";
    constexpr std::string_view kEnd = "\"}\n";
    constexpr std::string_view kPartialEnd = "\",\"partial\":true}\n";
    sheet.reserve(kBegin.size() + time.view().size() + heads_[0].size() + piece.text.size() * 6 +
                  kPartialEnd.size());
    sheet.put(kBegin);
    sheet.put(time.view());
    sheet.put(heads_[0]);
    put_json(sheet, piece.text);
    sheet.put(piece.ends_line ? kEnd : kPartialEnd);
}

}  // namespace logging
