// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "base/pid.hpp"
#include "base/result.hpp"
#include "sys/fd.hpp"

/// The controlling terminal (tty_ioctl(4), credentials(7)). A terminal that is missing, hung up or
/// not ours (ENOTTY, ENXIO, EIO, EBADF) is an ordinary answer, not an error. Allocation-free, never
/// blocks. Calls that change the foreground want SIGTTOU blocked, as it is in pidone.
namespace sys {

/// A descriptor of its own for the controlling terminal: /dev/tty, or a copy of descriptor 0 when
/// that is it (a container without /dev/tty). Empty when there is none. Close-on-exec.
[[nodiscard]] UniqueFd open_controlling_terminal() noexcept;

/// The foreground group; empty when there is no terminal or no group in this PID namespace.
[[nodiscard]] std::optional<base::Pid> foreground_group(int fd) noexcept;

/// Makes `group` the foreground group. False when there is no usable terminal any more; other
/// failures (EPERM: not a group of this session) are errors.
[[nodiscard]] base::Result<bool> set_foreground_group(int fd, base::Pid group) noexcept;

/// Makes the terminal `fd` the controlling one of this session leader (TIOCSCTTY, without
/// stealing). False when it is no terminal or is somebody else's.
[[nodiscard]] bool acquire_terminal(int fd) noexcept;

/// Gives the controlling terminal up (TIOCNOTTY); it must not be the session leader who calls if
/// the foreground group is to be spared a SIGHUP.
void release_terminal(int fd) noexcept;

/// Whether `fd` is a terminal.
[[nodiscard]] bool is_terminal(int fd) noexcept;

/// How large the terminal `fd` is; the usual 80 by 24 where it does not say.
struct TerminalSize {
    std::size_t columns = 80;
    std::size_t rows = 24;
};
[[nodiscard]] TerminalSize terminal_size(int fd) noexcept;

}  // namespace sys
