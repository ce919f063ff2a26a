// SPDX-License-Identifier: MIT
#include "runtime/linger.hpp"

#include <cstdint>

#include "sys/send_queues.hpp"

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
    if (queues && queues->bytes < last_bytes_) {
        last_bytes_ = queues->bytes;
        last_progress_ = now;
    }
    const bool is_over =
        !queues || queues->bytes == 0 || now >= deadline_ || now - last_progress_ >= kPatience;
    next_look_ = is_over ? std::nullopt : std::optional{now + kInterval};
    return is_over;
}

}  // namespace runtime
