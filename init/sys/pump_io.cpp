// SPDX-License-Identifier: MIT
#include "sys/pump_io.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "sys/spawn.hpp"

namespace sys {

base::Result<std::size_t> peek_pipe(int from, int into, std::size_t size) noexcept {
    for (;;) {
        const ssize_t got = ::tee(from, into, size, SPLICE_F_NONBLOCK);
        if (got >= 0) {
            return static_cast<std::size_t>(got);
        }
        if (errno != EINTR) {
            return base::unexpected{base::Errno{"tee", errno}};
        }
    }
}

void discard_from_pipe(int pipe, int null, std::size_t size) noexcept {
    std::array<char, 4096> waste;
    while (size > 0) {
        ssize_t got = null < 0 ? -1 : ::splice(pipe, nullptr, null, nullptr, size, SPLICE_F_MOVE);
        if (got <= 0) {
            got = ::read(pipe, waste.data(), std::min(size, waste.size()));
        }
        if (got > 0) {
            size -= static_cast<std::size_t>(got);
        } else if (got == 0 || errno != EINTR) {
            return;
        }
    }
}

std::size_t resize_pipe(int pipe, std::size_t wanted) noexcept {
    int size = ::fcntl(pipe, F_GETPIPE_SZ);
    if (size >= 0 && static_cast<std::size_t>(size) < wanted) {
        // EPERM beyond pipe-max-size or the user's share of pipe memory: what there is serves too.
        static_cast<void>(::fcntl(pipe, F_SETPIPE_SZ, static_cast<int>(wanted)));
        size = ::fcntl(pipe, F_GETPIPE_SZ);
    }
    return size > 0 ? static_cast<std::size_t>(size) : 4096;
}

std::size_t bytes_in_pipe(int pipe) noexcept {
    int count = 0;
    return ::ioctl(pipe, FIONREAD, &count) == 0 && count > 0 ? static_cast<std::size_t>(count) : 0;
}

void end_line_in_pipe(int read, int write, const std::atomic<std::uint32_t>& is_mid_line) noexcept {
    const auto size = bytes_in_pipe(read);
    if (size == 0 && is_mid_line == 0) {
        return;
    }
    // A copy, because only the first byte of a pipe can be looked at.
    const auto copy = pipe_cloexec();
    if (!copy) {
        return;
    }
    resize_pipe(copy->write.get(), static_cast<std::size_t>(::fcntl(read, F_GETPIPE_SZ)));
    const auto copied = peek_pipe(read, copy->write.get(), SIZE_MAX / 2);
    char last = is_mid_line == 0 ? '\n' : '\0';
    if (copied && *copied > 0) {
        if (*copied < bytes_in_pipe(read)) {
            return;
        }
        discard_from_pipe(copy->read.get(), -1, *copied - 1);
        if (::read(copy->read.get(), &last, 1) != 1) {
            return;
        }
    }
    if (last != '\n' && ::write(copy->write.get(), "\n", 1) == 1) {
        static_cast<void>(
            ::splice(copy->read.get(), nullptr, write, nullptr, 1, SPLICE_F_NONBLOCK));
    }
}

bool is_pipe(int fd) noexcept {
    struct stat info {};
    return ::fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode);
}

bool is_in_mid_line(int fd) noexcept {
    struct stat info {};
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return false;
    }
    const bool appends = (::fcntl(fd, F_GETFL) & O_APPEND) != 0;
    const off_t end = appends ? info.st_size : ::lseek(fd, 0, SEEK_CUR);
    // It may be open for writing alone.
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
    const UniqueFd readable{::open(path.data(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    char last = '\n';
    return end > 0 && ::pread(readable.get(), &last, 1, end - 1) == 1 && last != '\n';
}

bool is_same_file(int a, int b) noexcept {
    struct stat first {};
    struct stat second {};
    return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

base::Result<std::span<char>> map_shared(std::size_t size) noexcept {
    void* const memory =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return base::unexpected{base::Errno{"mmap", errno}};
    }
    return std::span{static_cast<char*>(memory), size};
}

void unmap(std::span<char> memory) noexcept {
    if (!memory.empty()) {
        static_cast<void>(::munmap(memory.data(), memory.size()));
    }
}

void set_process_name(const char* name) noexcept {
    static_cast<void>(::prctl(PR_SET_NAME, name));
}

}  // namespace sys
