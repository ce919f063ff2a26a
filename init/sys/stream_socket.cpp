// SPDX-License-Identifier: MIT
#include "sys/stream_socket.hpp"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>

#include "sys/read.hpp"

namespace sys {

base::Result<UniqueFd> connect_to(const sockaddr* address, socklen_t length, int type,
                                  base::Instant deadline) noexcept {
    UniqueFd fd{::socket(address->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) {
        return base::unexpected{base::Errno{"socket", errno}};
    }
    if (::connect(fd.get(), address, length) == 0) {
        return fd;
    }
    int error = errno == EINPROGRESS ? wait_for_events(fd.get(), POLLOUT, deadline) : errno;
    socklen_t size = sizeof error;
    if (error == 0) {
        ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error != 0) {
        return base::unexpected{base::Errno{"connect", error}};
    }
    return fd;
}

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
