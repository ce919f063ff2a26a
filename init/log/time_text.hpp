// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace logging {

/// A moment in UTC as RFC 3339 writes it: "2026-01-02T03:04:05.678Z". Allocation-free.
class TimeText {
  public:
    /// `milliseconds` since 1970, see sys::wall_clock().
    explicit TimeText(std::int64_t milliseconds) noexcept;
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }

  private:
    std::array<char, 40> bytes_{};
    std::size_t size_ = 0;
};

/// Milliseconds since 1970 of such a text; the fraction may be missing, and the zone must be Z.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text) noexcept;

}  // namespace logging
