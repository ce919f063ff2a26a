// SPDX-License-Identifier: MIT
#include "sys/memory_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sys {

base::Result<UniqueFd> memory_file(const char* name) noexcept {
    UniqueFd fd{::memfd_create(name, MFD_CLOEXEC)};
    if (!fd) {
        return base::unexpected{base::Errno{"memfd_create", errno}};
    }
    return fd;
}

bool write_all(int fd, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return true;
}

std::string read_memory_file(int fd) {
    struct stat info {};
    std::string text;
    if (::fstat(fd, &info) != 0) {
        return text;
    }
    text.resize(static_cast<std::size_t>(info.st_size));
    std::size_t got = 0;
    while (got < text.size()) {
        const ssize_t part =
            ::pread(fd, text.data() + got, text.size() - got, static_cast<off_t>(got));
        if (part == 0 || (part < 0 && errno != EINTR)) {
            break;
        }
        got += part < 0 ? 0 : static_cast<std::size_t>(part);
    }
    text.resize(got);
    return text;
}

}  // namespace sys
