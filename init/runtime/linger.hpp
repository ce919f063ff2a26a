// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "base/duration.hpp"
#include "sys/send_queues.hpp"

namespace runtime {

/// The wait for the last bytes: the network namespace dies with PID 1, and with it what closed
/// sockets have still to send. Looks every 20 ms; over when no orphaned socket has a send queue,
/// and every peer has closed, when no queue shrank for 300 ms, or at its limit. The peers count
/// because docker-proxy has taken the last bytes long before its client has them, and dies with the
/// container. At once where the namespace is the host's (it lives on) or cannot be looked at.
/// Allocation-free.
class Linger {
  public:
    /// Begins at `now`, for `limit` at most.
    void begin(base::Instant now, base::Duration limit);

    /// Whether the wait is over (false while none has begun). Asked at begin() and when next_look()
    /// has come.
    [[nodiscard]] bool is_over(base::Instant now);

    /// When to ask again; empty when there is nothing to wait for.
    [[nodiscard]] std::optional<base::Instant> next_look() const { return next_look_; }

  private:
    [[nodiscard]] bool is_worth_waiting(const sys::SendQueues& queues, base::Instant now);

    std::optional<base::Instant> next_look_;
    base::Instant deadline_{};
    base::Instant last_progress_{};
    std::uint64_t last_bytes_ = 0;
};

}  // namespace runtime
