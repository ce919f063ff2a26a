// SPDX-License-Identifier: MIT
#include "sys/child_process.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/signal.hpp"
#include "sys/descriptors.hpp"

namespace sys {
namespace {

base::unexpected<base::Errno> failure(const char* op) noexcept {
    return base::unexpected<base::Errno>{base::Errno{op, errno}};
}

}  // namespace

base::Result<void> install_descriptor(int fd, int target) noexcept {
    if (fd == target) {
        if (fcntl(fd, F_SETFD, 0) != 0) {
            return failure("fcntl F_SETFD");
        }
        return {};
    }
    if (dup2(fd, target) < 0) {
        return failure("dup2");
    }
    return {};
}

base::Result<int> move_descriptor(int fd, int lowest) noexcept {
    const int moved = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
    if (moved < 0) {
        return failure("fcntl F_DUPFD_CLOEXEC");
    }
    return moved;
}

base::Result<void> redirect_stdin(const std::string& path) noexcept {
    UniqueFd file{open(path.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC)};
    if (!file) {
        return failure("open");
    }
    auto installed = install_descriptor(file.get(), STDIN_FILENO);
    if (file.get() == STDIN_FILENO) {
        (void)file.release();
    }
    return installed;
}

void discard_output() noexcept {
    if (const auto null = open_null()) {
        (void)install_descriptor(null.get(), STDOUT_FILENO);
        (void)install_descriptor(null.get(), STDERR_FILENO);
    }
}

void set_umask(unsigned mask) noexcept {
    (void)umask(mask);
}

base::Result<void> change_directory(const std::string& path) noexcept {
    if (chdir(path.c_str()) != 0) {
        return failure("chdir");
    }
    return {};
}

base::Result<base::ExitStatus> wait_for_child(base::Pid pid) noexcept {
    siginfo_t info{};
    while (waitid(P_PID, static_cast<id_t>(base::raw(pid)), &info, WEXITED) != 0) {
        if (errno != EINTR) {
            return failure("waitid");
        }
    }
    if (info.si_code == CLD_EXITED) {
        return base::ExitStatus::exited(info.si_status);
    }
    return base::ExitStatus::killed(base::Signal{info.si_status}, info.si_code == CLD_DUMPED);
}

std::size_t read_fully(int fd, void* buffer, std::size_t size) noexcept {
    std::size_t total = 0;
    while (total < size) {
        const auto count = read(fd, static_cast<char*>(buffer) + total, size - total);
        if (count > 0) {
            total += static_cast<std::size_t>(count);
        } else if (count == 0 || errno != EINTR) {
            break;
        }
    }
    return total;
}

void write_fully(int fd, const void* bytes, std::size_t size) noexcept {
    std::size_t total = 0;
    while (total < size) {
        const auto count = write(fd, static_cast<const char*>(bytes) + total, size - total);
        if (count > 0) {
            total += static_cast<std::size_t>(count);
        } else if (errno != EINTR) {
            return;
        }
    }
}

}  // namespace sys
