// SPDX-License-Identifier: MIT
#include "sys/spawn.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sys {
namespace {

base::Result<void> checked(const char* op, int result) noexcept {
    if (result < 0) {
        return base::unexpected{base::Errno{op, errno}};
    }
    return {};
}

}  // namespace

base::Pid own_pid() noexcept {
    return base::Pid{::getpid()};
}

base::Pid parent_pid() noexcept {
    return base::Pid{::getppid()};
}

base::Result<base::Pid> fork_child() noexcept {
    const pid_t pid = ::fork();
    if (pid < 0) {
        return base::unexpected{base::Errno{"fork", errno}};
    }
    return base::Pid{pid};
}

void exit_now(int code) noexcept {
    ::_exit(code);
}

base::Result<Pipe> pipe_cloexec() noexcept {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return base::unexpected{base::Errno{"pipe2", errno}};
    }
    return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

base::Result<void> set_nonblocking(int fd, bool on) noexcept {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) {
        return base::unexpected{base::Errno{"fcntl", errno}};
    }
    const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return checked("fcntl", wanted == flags ? 0 : ::fcntl(fd, F_SETFL, wanted));
}

base::Result<void> set_cloexec(int fd, bool on) noexcept {
    return checked("fcntl", ::fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0));
}

base::Result<void> new_session() noexcept {
    return checked("setsid", ::setsid());
}

base::Result<void> set_group(base::Pid pid, base::Pid group) noexcept {
    return checked("setpgid", ::setpgid(raw(pid), raw(group)));
}

}  // namespace sys
