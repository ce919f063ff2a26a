// SPDX-License-Identifier: MIT
#include "sys/descriptors.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

#include "sys/fd.hpp"

namespace sys {
namespace {

// Debian 12's headers know it, an older kernel's number is the same: close_range(2), Linux 5.9.
constexpr unsigned kCloseRangeCloexec = 4;
// Where neither close_range nor /proc helps and the limit is "unlimited".
constexpr rlim_t kLastResort = 1 << 20;
constexpr mode_t kWritableByAll = S_IWUSR | S_IWGRP | S_IWOTH;

bool apply_range(unsigned first, unsigned last, unsigned flags) noexcept {
    return first > last || ::syscall(SYS_close_range, first, last, flags) == 0;
}

void apply_one(int fd, unsigned flags) noexcept {
    if (flags != 0) {
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    } else {
        ::close(fd);
    }
}

bool apply_ranges(int first, std::span<const int> keep, unsigned flags) noexcept {
    auto from = static_cast<unsigned>(first);
    for (const int kept : keep) {
        const auto number = static_cast<unsigned>(kept);
        if (kept < first || number < from) {
            continue;
        }
        if (number > from && !apply_range(from, number - 1, flags)) {
            return false;
        }
        from = number + 1;
    }
    return apply_range(from, ~0U, flags);
}

bool is_kept(int fd, std::span<const int> keep) noexcept {
    return std::find(keep.begin(), keep.end(), fd) != keep.end();
}

// One getdents64 batch of /proc/self/fd. Returns how many bytes it saw, 0 at the end.
long apply_batch(int directory, int first, std::span<const int> keep, unsigned flags) noexcept {
    alignas(8) std::array<char, 4096> buffer;
    const long got = ::syscall(SYS_getdents64, directory, buffer.data(), buffer.size());
    for (long position = 0; position < got;) {
        const char* entry = buffer.data() + position;
        std::uint16_t length = 0;
        std::memcpy(&length, entry + 16, sizeof length);
        position += length;
        const std::string_view name{entry + 19};
        int fd = -1;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), fd);
        if (parsed.ec == std::errc{} && fd >= first && fd != directory && !is_kept(fd, keep)) {
            apply_one(fd, flags);
        }
    }
    return got;
}

bool apply_by_proc(int first, std::span<const int> keep, unsigned flags) noexcept {
    const UniqueFd directory{::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) {
        return false;
    }
    // Closing shifts nothing: the offset in this directory is the descriptor's number.
    long got = 0;
    do {
        got = apply_batch(directory.get(), first, keep, flags);
    } while (got > 0);
    return got == 0;
}

void apply_from(int first, std::span<const int> keep, unsigned flags) noexcept {
    if (apply_ranges(first, keep, flags) || apply_by_proc(first, keep, flags)) {
        return;
    }
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const int end = static_cast<int>(std::min(limit.rlim_cur, kLastResort));
    for (int fd = first; fd < end; ++fd) {
        if (!is_kept(fd, keep)) {
            apply_one(fd, flags);
        }
    }
}

bool is_open(int fd) noexcept {
    return ::fcntl(fd, F_GETFD) >= 0;
}

int open_filler() noexcept {
    const int null = ::open("/dev/null", O_RDWR);
    if (null >= 0) {
        return null;
    }
    return ::open("/", O_PATH);
}

// What the container was given, while raise_nofile() has changed it.
std::optional<rlimit> limit_before_raise;

}  // namespace

void close_from(int first, std::span<const int> keep) noexcept {
    apply_from(first, keep, 0);
}

void cloexec_from(int first) noexcept {
    apply_from(first, {}, kCloseRangeCloexec);
}

std::array<bool, 3> ensure_standard_descriptors() noexcept {
    std::array<bool, 3> was_closed{};
    for (int fd = 0; fd < 3; ++fd) {
        if (is_open(fd)) {
            continue;
        }
        was_closed[static_cast<std::size_t>(fd)] = true;
        // The lowest free number is this one, because those below it are open by now.
        const int filler = open_filler();
        if (filler > fd) {
            ::dup2(filler, fd);
            ::close(filler);
        }
    }
    return was_closed;
}

UniqueFd open_null() noexcept {
    return UniqueFd{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
}

base::Result<Openable> make_output_openable(int fd, std::uint32_t uid) noexcept {
    struct stat info {};
    if (::fstat(fd, &info) != 0) {
        return base::unexpected{base::Errno{"fstat", errno}};
    }
    if (!S_ISFIFO(info.st_mode)) {
        return Openable::NotNeeded;
    }
    if (info.st_uid == uid || uid == 0 || (info.st_mode & kWritableByAll) == kWritableByAll) {
        return Openable::Already;
    }
    if (info.st_uid == ::geteuid()) {
        if (::fchown(fd, uid, static_cast<gid_t>(-1)) == 0) {
            return Openable::Changed;
        }
    }
    if (::fchmod(fd, 0622) != 0) {
        return base::unexpected{base::Errno{"fchmod", errno}};
    }
    return Openable::Changed;
}

std::uint64_t raise_nofile(std::uint64_t wanted) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    const rlim_t target = std::min<rlim_t>(wanted, limit.rlim_max);
    if (limit.rlim_cur < target) {
        const rlimit raised{target, limit.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            limit_before_raise = limit;
            return raised.rlim_cur;
        }
    }
    return limit.rlim_cur;
}

void restore_nofile() noexcept {
    if (limit_before_raise) {
        static_cast<void>(::setrlimit(RLIMIT_NOFILE, &*limit_before_raise));
    }
}

}  // namespace sys
