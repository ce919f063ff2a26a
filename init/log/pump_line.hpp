// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/time_text.hpp"

/// How the log pump makes lines of a service's bytes. Pure.
namespace logging {

/// The longest line that stays one; a longer one is passed on in parts of at most this size.
inline constexpr std::size_t kMaxServiceLine = std::size_t{16} * 1024;

/// Which of its two outputs a service wrote to.
enum class Stream : std::uint8_t { Out, Err };

/// A line of a service without its newline, or a part of one.
struct Piece {
    std::string_view text;
    bool ends_line = true;  ///< false: more of the same line follows
};

/// Cuts a chunk of bytes into lines.
class LineCutter {
  public:
    /// With `takes_rest` bytes behind the last newline are a piece too.
    LineCutter(std::string_view bytes, bool takes_rest) : rest_{bytes}, takes_rest_{takes_rest} {}

    /// The next piece; false when there is none. A part of a line that is too long ends at a whole
    /// UTF-8 character where it can.
    [[nodiscard]] bool next(Piece& piece);

    /// What is left of the chunk.
    [[nodiscard]] std::size_t left() const { return rest_.size(); }

  private:
    std::string_view rest_;
    bool takes_rest_;
};

/// Bytes that are to be written together. Grows; never shrinks.
class Sheet {
  public:
    /// Makes room for `count` bytes more, which must be asked for before they are put.
    void reserve(std::size_t count);
    void put(std::string_view text) {
        std::memcpy(bytes_.data() + size_, text.data(), text.size());
        size_ += text.size();
    }
    void put(char byte) { bytes_[size_++] = byte; }
    void clear() { size_ = 0; }
    [[nodiscard]] bool is_empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

  private:
    std::vector<char> bytes_;
    std::size_t size_ = 0;
};

/// Adds `text` as the inside of a JSON string: what is no UTF-8 becomes U+FFFD, control characters
/// are escaped. Needs room for 6 bytes a byte.
void put_json(Sheet& sheet, std::string_view text);

enum class PumpFormat { Prefix, Json };

/// What the lines of one stream of a service look like.
struct LineStyle {
    PumpFormat format = PumpFormat::Prefix;
    bool has_timestamps = false;  ///< PumpFormat::Prefix
    std::string name;             ///< of the service
    std::size_t width = 0;        ///< of the column of names; PumpFormat::Prefix
    Stream stream = Stream::Out;
    std::optional<int> color{};  ///< of the name (SGR); PumpFormat::Prefix on a terminal
};

/// Words lines: "web | text", "web + text" for the rest of a line, or a JSON object.
class LineWriter {
  public:
    explicit LineWriter(const LineStyle& style);

    /// Adds one line to `sheet`. `continues`: the piece belongs to the line before; in
    /// PumpFormat::Prefix its mere end is no line.
    void write(Sheet& sheet, const Piece& piece, bool continues, const TimeText& time) const;

    /// The same for the service's own file: without its name, which the file has.
    void write_bare(Sheet& sheet, const Piece& piece, bool continues, const TimeText& time) const;

  private:
    void write_object(Sheet& sheet, const Piece& piece, const TimeText& time) const;

    PumpFormat format_;
    bool has_timestamps_;
    std::array<std::string, 2> heads_;  ///< of a line, of a line's continuation
};

}  // namespace logging
