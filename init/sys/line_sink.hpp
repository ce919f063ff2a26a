// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/duration.hpp"
#include "sys/fd.hpp"

namespace sys {

/// Where pidone's own lines go. Never blocks: what cannot be written now is dropped and counted.
///
/// A pipe, a terminal or a device behind the descriptor is opened a second time through
/// /proc/self/fd with O_NONBLOCK, because that flag set on the shared description would break the
/// services. A regular file needs none, a socket takes MSG_DONTWAIT. Where opening is refused, the
/// shared descriptor is written to after poll(2), one line of at most PIPE_BUF at a time.
/// Allocation-free. A write error (EIO of a terminal that hung up, EPIPE) drops the line, no more.
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
    void share() noexcept;

    /// How many lines were dropped since the last reset_dropped().
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    void reset_dropped() noexcept { dropped_ = 0; }

  private:
    enum class Way { Nowhere, Direct, Socket, Poll };

    [[nodiscard]] int target() const noexcept { return own_ ? own_.get() : fd_; }
    [[nodiscard]] bool is_writable(base::Duration limit) const noexcept;
    [[nodiscard]] long put(std::string_view bytes) const noexcept;
    [[nodiscard]] bool flush_rest() noexcept;

    Way way_ = Way::Nowhere;
    int fd_ = -1;
    UniqueFd own_;
    std::uint64_t dropped_ = 0;
    std::size_t rest_size_ = 0;
    std::array<char, kMaxLine> rest_{};
};

}  // namespace sys
