// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/duration.hpp"

namespace logging {

/// What a JSON line says to machines beside its message, as `"event":"exited","pid":7,`. Names are
/// plain words. Allocation-free; a value that does not fit any more is left out whole.
class Fields {
  public:
    Fields& text(std::string_view name, std::string_view value) noexcept;
    Fields& number(std::string_view name, std::int64_t value) noexcept;
    Fields& flag(std::string_view name, bool value) noexcept;
    /// In seconds, with three digits behind the point.
    Fields& seconds(std::string_view name, base::Duration value) noexcept;

    [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }

  private:
    Fields& add(std::string_view name, std::string_view quote, std::string_view value) noexcept;

    // A line has kMaxLine bytes, and its message is to have most of them.
    std::array<char, 256> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace logging
