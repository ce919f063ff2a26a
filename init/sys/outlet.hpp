// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "sys/fd.hpp"

namespace sys {

/// An output that others share, written to without ever blocking on it.
///
/// A pipe, a terminal or a device behind the descriptor is opened a second time through
/// /proc/self/fd with O_NONBLOCK, because that flag set on the shared description would break the
/// services. A regular file needs none, a socket takes MSG_DONTWAIT. Where opening is refused, the
/// shared descriptor is written to after poll(2), at most PIPE_BUF at a time. Allocation-free.
class Outlet {
  public:
    /// Nowhere: every write fails with EBADF.
    Outlet() noexcept = default;

    /// Opens the descriptor `fd`, which stays the caller's and must stay open. A closed one gives
    /// nowhere.
    [[nodiscard]] static Outlet open(int fd) noexcept;

    /// Writes as much as is taken now. EAGAIN when that is nothing; SIGPIPE is never raised.
    [[nodiscard]] base::Result<std::size_t> write_some(std::string_view bytes) const noexcept;

    /// Waits until something can be written, `limit` at most.
    [[nodiscard]] bool is_writable(base::Duration limit) const noexcept;

    /// Gives up the descriptor of its own, where it has one, for somebody who needs the number
    /// more.
    void share() noexcept;

    [[nodiscard]] bool is_open() const noexcept { return way_ != Way::Nowhere; }
    /// What to watch for EPOLLOUT after EAGAIN.
    [[nodiscard]] int fd() const noexcept { return own_ ? own_.get() : fd_; }

  private:
    enum class Way { Nowhere, Direct, Socket, Poll };

    Way way_ = Way::Nowhere;
    int fd_ = -1;
    UniqueFd own_;
};

}  // namespace sys
