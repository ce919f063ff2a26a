// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "log/log.hpp"

namespace logging {

/// Collects one line of at most kMaxLine bytes. What does not fit is cut at a whole character and
/// marked with "..."; room for that mark and for finish() is always kept. Allocation-free.
class LineBuffer {
  public:
    /// Adds text as it is.
    void append(std::string_view text) noexcept;
    /// Adds text with control characters written as \n, \t, \r, \xNN and a backslash kept.
    void append_escaped(std::string_view text) noexcept;
    /// Adds text as the inside of a JSON string; bytes that are no UTF-8 become U+FFFD.
    void append_json(std::string_view text) noexcept;
    /// Ends the line with `end` (at most 3 bytes); nothing may follow.
    void finish(std::string_view end) noexcept;

    [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }

  private:
    [[nodiscard]] bool put(std::string_view piece) noexcept;

    static constexpr std::size_t kReserved = 6;
    std::array<char, kMaxLine> bytes_;
    std::size_t size_ = 0;
    bool is_cut_ = false;
};

}  // namespace logging
