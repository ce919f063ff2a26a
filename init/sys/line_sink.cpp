// SPDX-License-Identifier: MIT
#include "sys/line_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
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

ssize_t write_once(int fd, std::string_view bytes) noexcept {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EPIPE) {
        swallow_own_sigpipe();
        errno = EPIPE;
    }
    return wrote;
}

// On a pipe that could not be opened a second time: newer kernels refuse to block when asked (6.4),
// for older ones poll(2) in front leaves only the moment in which another writer fills the pipe.
ssize_t write_nowait(int fd, std::string_view bytes, bool is_writable) noexcept {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    const ssize_t wrote = ::pwritev2(fd, &part, 1, -1, RWF_NOWAIT);
    if (wrote >= 0) {
        return wrote;
    }
    if (errno == EPIPE) {
        swallow_own_sigpipe();
        errno = EPIPE;
        return -1;
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

LineSink LineSink::open(int fd) noexcept {
    LineSink sink;
    struct stat info {};
    if (fd < 0 || ::fstat(fd, &info) != 0) {
        return sink;
    }
    sink.fd_ = fd;
    if (S_ISREG(info.st_mode)) {
        // Never blocks, and a description of its own would have an offset of its own.
        sink.way_ = Way::Direct;
    } else if (S_ISSOCK(info.st_mode)) {
        sink.way_ = Way::Socket;
    } else {
        sink.own_ = open_again(fd);
        sink.way_ = sink.own_ ? Way::Direct : Way::Poll;
    }
    return sink;
}

void LineSink::share() noexcept {
    if (own_) {
        own_.reset();
        way_ = Way::Poll;
    }
}

bool LineSink::is_writable(base::Duration limit) const noexcept {
    pollfd wanted{target(), POLLOUT, 0};
    return ::poll(&wanted, 1, static_cast<int>(limit.count())) > 0;
}

long LineSink::put(std::string_view bytes) const noexcept {
    switch (way_) {
    case Way::Nowhere:
        break;
    case Way::Direct:
        return write_once(target(), bytes);
    case Way::Socket:
        return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    case Way::Poll:
        return write_nowait(fd_, bytes, is_writable(base::Duration::zero()));
    }
    return -1;
}

bool LineSink::flush_rest() noexcept {
    if (rest_size_ == 0) {
        return true;
    }
    const long wrote = put({rest_.data(), rest_size_});
    if (wrote < 0 && errno != EAGAIN) {
        // The terminal is gone, and with it the line's begin.
        rest_size_ = 0;
        return true;
    }
    const auto done = static_cast<std::size_t>(std::max(wrote, 0L));
    std::copy(rest_.begin() + static_cast<std::ptrdiff_t>(done),
              rest_.begin() + static_cast<std::ptrdiff_t>(rest_size_), rest_.begin());
    rest_size_ -= done;
    return rest_size_ == 0;
}

bool LineSink::try_write(std::string_view line) noexcept {
    line = line.substr(0, kMaxLine);
    if (way_ == Way::Nowhere || !flush_rest()) {
        return false;
    }
    const long wrote = put(line);
    if (wrote <= 0) {
        return false;
    }
    line.remove_prefix(static_cast<std::size_t>(wrote));
    std::copy(line.begin(), line.end(), rest_.begin());
    rest_size_ = line.size();
    return true;
}

bool LineSink::write(std::string_view line) noexcept {
    if (try_write(line)) {
        return true;
    }
    if (way_ != Way::Nowhere) {
        ++dropped_;
    }
    return false;
}

void LineSink::drain(base::Duration limit) noexcept {
    if (way_ == Way::Nowhere || !is_writable(limit)) {
        return;
    }
    static_cast<void>(flush_rest());
}

}  // namespace sys
