// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/result.hpp"
#include "sys/files.hpp"

/// What several tests of the kernel layer need.
namespace sys_support {

/// A directory that is removed with everything in it.
class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string name = "/tmp/pidone-test.XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() { static_cast<void>(sys::remove_tree(path_)); }

    [[nodiscard]] std::string operator/(const std::string& name) const {
        return path_ + "/" + name;
    }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// An error as text, to compare by value (an Errno's `op` is a pointer) and to be shown.
inline std::string text_of(const base::Errno& error) {
    return std::string{error.op} + " " + std::to_string(error.code);
}

/// Runs `body` in a forked child, which exits with what it returns; answers that exit code, or -1
/// when a signal ended the child.
template <class Body>
int exit_code_of(Body body) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::alarm(20);
        ::_exit(body());
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Waits, 10 s at most, until `fd` has something to read (or is at its end).
inline bool wait_readable(int fd) {
    pollfd wanted{fd, POLLIN, 0};
    return ::poll(&wanted, 1, 10'000) == 1;
}

/// Waits until `pid` is a zombie, without reaping it.
inline void wait_for_zombie(pid_t pid) {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
}

}  // namespace sys_support
