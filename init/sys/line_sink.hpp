// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/duration.hpp"
#include "sys/outlet.hpp"

namespace sys {

/// Where pidone's own lines go. Never blocks: what cannot be written now is dropped and counted.
/// See Outlet for how. A write error (EIO of a terminal that hung up, EPIPE) drops the line, no
/// more. Allocation-free.
class LineSink {
  public:
    /// The longest line, its newline included.
    static constexpr std::size_t kMaxLine = 1024;

    /// Writes to nowhere and counts nothing.
    LineSink() noexcept = default;

    /// Opens a sink on the descriptor `fd`, which stays the caller's and must stay open. A closed
    /// one gives a sink that drops everything.
    [[nodiscard]] static LineSink open(int fd) noexcept;

    /// Writes `line`, which ends with a newline. False when it was dropped. A line that a terminal
    /// took only in part is completed before the next one.
    bool write(std::string_view line) noexcept;

    /// As write(), but a line that cannot be written is not counted.
    bool try_write(std::string_view line) noexcept;

    /// Waits until a line can be written, `limit` at most: for the last line, when no child is
    /// left. Returns at once when there is nothing to write to.
    void drain(base::Duration limit) noexcept;

    /// Gives up the descriptor of its own, where it has one, for somebody who needs the number
    /// more.
    void share() noexcept { outlet_.share(); }

    /// How many lines were dropped since the last reset_dropped().
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    void reset_dropped() noexcept { dropped_ = 0; }

  private:
    [[nodiscard]] bool flush_rest() noexcept;

    Outlet outlet_;
    std::uint64_t dropped_ = 0;
    std::size_t rest_size_ = 0;
    std::array<char, kMaxLine> rest_{};
};

}  // namespace sys
