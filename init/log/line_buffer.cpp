// SPDX-License-Identifier: MIT
#include "log/line_buffer.hpp"

#include <algorithm>
#include <cstdio>

#include "base/utf8.hpp"

namespace logging {
namespace {

constexpr std::string_view kMark = "...";

bool is_control(char byte) noexcept {
    return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
}

// The short escapes that C and JSON share; 0 = none.
char short_escape(char byte) noexcept {
    switch (byte) {
    case '\n':
        return 'n';
    case '\t':
        return 't';
    case '\r':
        return 'r';
    default:
        return 0;
    }
}

std::string_view escape(char byte, const char* format, std::array<char, 8>& buffer) noexcept {
    if (const char letter = short_escape(byte); letter != 0) {
        buffer[0] = '\\';
        buffer[1] = letter;
        return {buffer.data(), 2};
    }
    const int size = std::snprintf(buffer.data(), buffer.size(), "%s%02x", format,
                                   static_cast<unsigned char>(byte));
    return {buffer.data(), static_cast<std::size_t>(size)};
}

}  // namespace

bool LineBuffer::put(std::string_view piece) noexcept {
    if (is_cut_ || size_ + piece.size() > bytes_.size() - kReserved) {
        is_cut_ = true;
        return false;
    }
    std::copy(piece.begin(), piece.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += piece.size();
    return true;
}

void LineBuffer::append(std::string_view text) noexcept {
    static_cast<void>(put(text));
}

void LineBuffer::append_escaped(std::string_view text) noexcept {
    std::array<char, 8> buffer{};
    while (!text.empty()) {
        // A character stays whole; a byte that is part of none is passed on as it came.
        const std::size_t length = std::max<std::size_t>(base::character_length(text), 1);
        const auto piece =
            is_control(text[0]) ? escape(text[0], "\\x", buffer) : text.substr(0, length);
        if (!put(piece)) {
            return;
        }
        text.remove_prefix(length);
    }
}

void LineBuffer::append_json(std::string_view text) noexcept {
    std::array<char, 8> buffer{};
    while (!text.empty()) {
        const std::size_t length = base::character_length(text);
        auto piece = text.substr(0, length);
        if (length == 0) {
            piece = "\\ufffd";
        } else if (text[0] == '"') {
            piece = "\\\"";
        } else if (text[0] == '\\') {
            piece = "\\\\";
        } else if (is_control(text[0])) {
            piece = escape(text[0], "\\u00", buffer);
        }
        if (!put(piece)) {
            return;
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

void LineBuffer::finish(std::string_view end) noexcept {
    if (is_cut_) {
        std::copy(kMark.begin(), kMark.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += kMark.size();
    }
    std::copy(end.begin(), end.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += end.size();
}

}  // namespace logging
