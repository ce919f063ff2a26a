// SPDX-License-Identifier: MIT
#include "runtime/linger.hpp"

#include <cstdint>

namespace runtime {
namespace {

constexpr base::Duration kInterval{20};
constexpr base::Duration kPatience{300};

}  // namespace

void Linger::begin(base::Instant now, base::Duration limit) {
    deadline_ = now + limit;
    last_progress_ = now;
    last_bytes_ = UINT64_MAX;
    next_look_ = now;
    if (sys::network_namespace() == sys::NetworkNamespace::Host) {
        deadline_ = now;
    }
}

bool Linger::is_over(base::Instant now) {
    if (!next_look_) {
        return false;
    }
    const auto queues = sys::read_send_queues();
    const bool is_over = now >= deadline_ || !queues || !is_worth_waiting(*queues, now);
    next_look_ = is_over ? std::nullopt : std::optional{now + kInterval};
    return is_over;
}

bool Linger::is_worth_waiting(const sys::SendQueues& queues, base::Instant now) {
    if (queues.bytes == 0) {
        return queues.unclosed > 0;
    }
    if (queues.bytes < last_bytes_) {
        last_bytes_ = queues.bytes;
        last_progress_ = now;
    }
    return now - last_progress_ < kPatience;
}

}  // namespace runtime
