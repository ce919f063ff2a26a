// SPDX-License-Identifier: MIT
#include "sys/packet_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>

namespace sys {

base::Result<void> send_packet(int fd, std::span<const std::byte> packet) noexcept {
    ssize_t sent = 0;
    do {
        sent = ::send(fd, packet.data(), packet.size(), MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        return base::unexpected{base::Errno{"send", errno}};
    }
    return {};
}

base::Result<std::size_t> receive_packet(int fd, std::span<std::byte> buffer) noexcept {
    ssize_t size = 0;
    do {
        // MSG_TRUNC among the flags makes the result the size of the packet, not of what fitted.
        size = ::recv(fd, buffer.data(), buffer.size(), MSG_TRUNC);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return base::unexpected{base::Errno{"recv", errno}};
    }
    return static_cast<std::size_t>(size);
}

base::Result<UniqueFd> duplicate(int fd) noexcept {
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) {
        return base::unexpected{base::Errno{"fcntl", errno}};
    }
    return UniqueFd{copy};
}

}  // namespace sys
