// SPDX-License-Identifier: MIT
#include "sys/session.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "sys/fd.hpp"

namespace sys {
namespace {

void close_if_inherited(int fd) {
    const int flags = ::fcntl(fd, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) {
        ::close(fd);
    }
}

}  // namespace

base::Pid own_group() noexcept {
    return base::Pid{::getpgrp()};
}

base::Pid own_session() noexcept {
    return base::Pid{::getsid(0)};
}

bool is_session_leader() noexcept {
    return ::getsid(0) == ::getpid();
}

void leave_directory() noexcept {
    // It cannot fail but where "/" is not searchable, and then nothing is lost.
    [[maybe_unused]] const int result = ::chdir("/");
}

void close_inherited() noexcept {
    const UniqueFd directory{::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) {
        return;
    }
    // getdents64 by hand, because opendir allocates.
    alignas(8) std::array<char, 2048> buffer{};
    for (;;) {
        const auto size = ::syscall(SYS_getdents64, directory.get(), buffer.data(), buffer.size());
        if (size <= 0) {
            return;
        }
        for (long at = 0; at < size;) {
            const auto* const entry = buffer.data() + at;
            unsigned short length = 0;
            std::memcpy(&length, entry + offsetof(dirent64, d_reclen), sizeof length);
            const std::string_view name{entry + offsetof(dirent64, d_name)};
            int fd = -1;
            std::from_chars(name.data(), name.data() + name.size(), fd);
            if (fd > 2) {
                close_if_inherited(fd);
            }
            at += length;
        }
    }
}

}  // namespace sys
