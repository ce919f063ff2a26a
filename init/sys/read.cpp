// SPDX-License-Identifier: MIT
#include "sys/read.hpp"

#include <unistd.h>

#include <cerrno>

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

}  // namespace sys
