// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "log/pump_line.hpp"
#include "sys/outlet.hpp"

namespace logging {

/// One of the container's two outputs, as the pump writes to it: whole sheets of lines, of which a
/// rest stays here while the reader is slow.
class PumpOutput {
  public:
    /// `fd` stays open; a pipe that is not shared is made larger where the kernel allows it.
    /// `is_shared`: others write lines to it too, so on a pipe no write may be
    /// larger than what stays whole there (PIPE_BUF). `mid_line` outlives the pump: whether the
    /// last byte written was no newline.
    PumpOutput(int fd, bool is_shared, std::atomic<std::uint32_t>& mid_line);

    /// Writes what is left and then `lines`; what is not taken now is kept. Only while nothing is
    /// kept. Returns the errno value of a failure that lost the rest (EPIPE, EIO, ENOSPC), or 0.
    [[nodiscard]] int write(std::string_view lines);
    /// Goes on with what was kept.
    [[nodiscard]] int flush();

    [[nodiscard]] bool is_busy() const { return !rest_.is_empty(); }
    /// How many lines are kept, one that is written in part included.
    [[nodiscard]] std::size_t lines_left() const;
    [[nodiscard]] std::size_t bytes_left() const { return rest_.size() - done_; }
    [[nodiscard]] bool is_terminal() const { return is_terminal_; }
    /// To be watched for EPOLLOUT while is_busy().
    [[nodiscard]] int fd() const { return outlet_.fd(); }

  private:
    [[nodiscard]] int put(std::string_view& bytes);

    sys::Outlet outlet_;
    std::size_t largest_;
    bool is_terminal_;
    std::atomic<std::uint32_t>& mid_line_;
    Sheet rest_;
    std::size_t done_ = 0;
};

}  // namespace logging
