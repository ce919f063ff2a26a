// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "core/event.hpp"

namespace runtime {

/// Events that wait for the supervisor: a ring whose memory is taken once. A turn of the loop
/// queues at most a handful per service, and the ring is emptied before the next one, so it never
/// overflows.
class EventQueue {
  public:
    explicit EventQueue(std::size_t services) : ring_(services * 8 + 16) {}

    void push(const core::Event& event) {
        ring_[(first_ + count_) % ring_.size()] = event;
        ++count_;
    }
    [[nodiscard]] bool is_empty() const { return count_ == 0; }
    /// The oldest event; call only when the queue is not empty.
    [[nodiscard]] core::Event take() {
        const auto event = ring_[first_];
        first_ = (first_ + 1) % ring_.size();
        --count_;
        return event;
    }

  private:
    std::vector<core::Event> ring_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

}  // namespace runtime
