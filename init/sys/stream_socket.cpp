// SPDX-License-Identifier: MIT
#include "sys/stream_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

namespace sys {

base::Result<void> set_non_blocking(int fd) noexcept {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return base::unexpected{base::Errno{"fcntl", errno}};
    }
    return {};
}

base::Result<std::size_t> send_some(int fd, std::string_view text) noexcept {
    for (;;) {
        const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            return static_cast<std::size_t>(sent);
        }
        if (errno != EINTR) {
            return base::unexpected{base::Errno{"send", errno}};
        }
    }
}

void finish_sending(int fd) noexcept {
    ::shutdown(fd, SHUT_WR);
}

}  // namespace sys
