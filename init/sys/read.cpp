// SPDX-License-Identifier: MIT
#include "sys/read.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sys/clock.hpp"

namespace sys {

base::Result<std::size_t> read_some(int fd, void* buffer, std::size_t size) noexcept {
    for (;;) {
        const ssize_t got = ::read(fd, buffer, size);
        if (got >= 0) {
            return static_cast<std::size_t>(got);
        }
        if (errno != EINTR) {
            return base::unexpected{base::Errno{"read", errno}};
        }
    }
}

int wait_for_events(int fd, short events, base::Instant deadline) noexcept {
    for (;;) {
        const auto left = std::max(deadline - now(), base::Duration::zero());
        pollfd wanted{fd, events, 0};
        const int ready = ::poll(&wanted, 1, static_cast<int>(left.count()));
        if (ready > 0) {
            return 0;
        }
        if (ready == 0) {
            return ETIMEDOUT;
        }
        if (errno != EINTR) {
            return errno;
        }
    }
}

}  // namespace sys
