// SPDX-License-Identifier: MIT
#include "sys/outlet.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace sys {
namespace {

// Every signal is blocked in PID 1, so the SIGPIPE of our own write would be read from the signalfd
// and passed on as if somebody had sent it. The kernel keeps it for this thread, in front of those
// sent to the process.
void swallow_own_sigpipe() noexcept {
    const std::uint64_t mask = std::uint64_t{1} << (SIGPIPE - 1);
    const timespec at_once{};
    ::syscall(SYS_rt_sigtimedwait, &mask, nullptr, &at_once, sizeof mask);
}

ssize_t without_sigpipe(ssize_t wrote) noexcept {
    if (wrote < 0 && errno == EPIPE) {
        swallow_own_sigpipe();
        errno = EPIPE;
    }
    return wrote;
}

ssize_t write_once(int fd, std::string_view bytes) noexcept {
    return without_sigpipe(::write(fd, bytes.data(), bytes.size()));
}

// On a pipe that could not be opened a second time: newer kernels refuse to block when asked (6.4),
// for older ones poll(2) in front leaves only the moment in which another writer fills the pipe.
ssize_t write_nowait(int fd, std::string_view bytes, bool is_writable) noexcept {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    const auto wrote = without_sigpipe(::pwritev2(fd, &part, 1, -1, RWF_NOWAIT));
    if (wrote >= 0 || errno == EPIPE) {
        return wrote;
    }
    if (errno == EAGAIN || !is_writable) {
        errno = EAGAIN;
        return -1;
    }
    return write_once(fd, bytes);
}

UniqueFd open_again(int fd) noexcept {
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
    return UniqueFd{::open(path.data(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_APPEND)};
}

}  // namespace

Outlet Outlet::open(int fd) noexcept {
    Outlet outlet;
    struct stat info {};
    if (fd < 0 || ::fstat(fd, &info) != 0) {
        return outlet;
    }
    outlet.fd_ = fd;
    if (S_ISREG(info.st_mode)) {
        // Never blocks, and a description of its own would have an offset of its own.
        outlet.way_ = Way::Direct;
    } else if (S_ISSOCK(info.st_mode)) {
        outlet.way_ = Way::Socket;
    } else {
        outlet.own_ = open_again(fd);
        outlet.way_ = outlet.own_ ? Way::Direct : Way::Poll;
    }
    return outlet;
}

void Outlet::share() noexcept {
    if (own_) {
        own_.reset();
        way_ = Way::Poll;
    }
}

bool Outlet::is_writable(base::Duration limit) const noexcept {
    pollfd wanted{fd(), POLLOUT, 0};
    return ::poll(&wanted, 1, static_cast<int>(limit.count())) > 0;
}

base::Result<std::size_t> Outlet::write_some(std::string_view bytes) const noexcept {
    ssize_t wrote = -1;
    switch (way_) {
    case Way::Nowhere:
        errno = EBADF;
        break;
    case Way::Direct:
        wrote = write_once(fd(), bytes);
        break;
    case Way::Socket:
        wrote = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        break;
    case Way::Poll:
        wrote = write_nowait(fd_, bytes.substr(0, PIPE_BUF), is_writable(base::Duration::zero()));
        break;
    }
    if (wrote < 0) {
        return base::unexpected{base::Errno{"write", errno}};
    }
    return static_cast<std::size_t>(wrote);
}

}  // namespace sys
