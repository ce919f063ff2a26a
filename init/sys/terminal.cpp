// SPDX-License-Identifier: MIT
#include "sys/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

namespace sys {
namespace {

bool is_gone(int error) noexcept {
    return error == ENOTTY || error == ENXIO || error == EIO || error == EBADF || error == ENODEV;
}

}  // namespace

UniqueFd open_controlling_terminal() noexcept {
    // O_NONBLOCK for the opening alone: a serial line would wait for its carrier.
    UniqueFd tty{::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    if (tty) {
        return tty;
    }
    // tcgetsid answers for the controlling terminal of the caller only.
    if (::tcgetsid(STDIN_FILENO) < 0) {
        return UniqueFd{};
    }
    return UniqueFd{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)};
}

std::optional<base::Pid> foreground_group(int fd) noexcept {
    const pid_t group = ::tcgetpgrp(fd);
    if (group <= 0) {
        return std::nullopt;
    }
    return base::Pid{group};
}

base::Result<bool> set_foreground_group(int fd, base::Pid group) noexcept {
    if (::tcsetpgrp(fd, raw(group)) == 0) {
        return true;
    }
    if (is_gone(errno)) {
        return false;
    }
    return base::unexpected{base::Errno{"tcsetpgrp", errno}};
}

bool acquire_terminal(int fd) noexcept {
    return ::ioctl(fd, TIOCSCTTY, 0) == 0;
}

void release_terminal(int fd) noexcept {
    ::ioctl(fd, TIOCNOTTY);
}

bool is_terminal(int fd) noexcept {
    return ::isatty(fd) == 1;
}

TerminalSize terminal_size(int fd) noexcept {
    TerminalSize usual;
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0) {
        return usual;
    }
    return {size.ws_col > 0 ? size.ws_col : usual.columns,
            size.ws_row > 0 ? size.ws_row : usual.rows};
}

}  // namespace sys
