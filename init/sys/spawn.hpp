// SPDX-License-Identifier: MIT
#pragma once

#include "base/pid.hpp"
#include "base/result.hpp"
#include "sys/fd.hpp"

namespace sys {

/// The id of this process.
[[nodiscard]] base::Pid own_pid() noexcept;
/// The id of its parent; None when the parent is outside this PID namespace.
[[nodiscard]] base::Pid parent_pid() noexcept;

/// fork(2). The child gets `Pid::None`, the parent the child's id. The caller has one thread, so
/// the child may allocate. Allocation-free in the parent.
[[nodiscard]] base::Result<base::Pid> fork_child() noexcept;

/// Ends this process without running destructors or exit handlers (_exit(2)): how a forked child
/// that does not execve leaves.
[[noreturn]] void exit_now(int code) noexcept;

/// The two ends of a pipe(2).
struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

/// A pipe, both ends close-on-exec and blocking. Allocation-free.
[[nodiscard]] base::Result<Pipe> pipe_cloexec() noexcept;

/// Sets or clears O_NONBLOCK of the open file description (shared with every copy of it).
[[nodiscard]] base::Result<void> set_nonblocking(int fd, bool on) noexcept;

/// Lets `fd` survive execve, or not.
[[nodiscard]] base::Result<void> set_cloexec(int fd, bool on) noexcept;

/// Makes a session of its own (setsid(2)).
[[nodiscard]] base::Result<void> new_session() noexcept;

/// Moves `pid` (None = this process) into the group `group` (None = one of its own), setpgid(2).
[[nodiscard]] base::Result<void> set_group(base::Pid pid, base::Pid group) noexcept;

}  // namespace sys
