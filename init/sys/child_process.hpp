// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "base/exit_status.hpp"
#include "base/pid.hpp"
#include "base/result.hpp"

/// What a forked child does to itself before it becomes another program. Nothing here is for PID 1:
/// these calls may block.
namespace sys {

/// Makes `target` a duplicate of `fd` that survives execve; they may be the same. See dup2(2).
[[nodiscard]] base::Result<void> install_descriptor(int fd, int target) noexcept;

/// A close-on-exec duplicate of `fd` with another number, at least `lowest`.
[[nodiscard]] base::Result<int> move_descriptor(int fd, int lowest) noexcept;

/// Opens `path` as descriptor 0.
[[nodiscard]] base::Result<void> redirect_stdin(const std::string& path) noexcept;

/// Sends standard output and standard error to /dev/null; without that device they stay.
void discard_output() noexcept;

/// umask(2).
void set_umask(unsigned mask) noexcept;

/// chdir(2).
[[nodiscard]] base::Result<void> change_directory(const std::string& path) noexcept;

/// Waits until `pid`, a child of the caller, has ended, and reaps it.
[[nodiscard]] base::Result<base::ExitStatus> wait_for_child(base::Pid pid) noexcept;

/// Reads until `size` bytes or the end of file have come; returns how many did.
[[nodiscard]] std::size_t read_fully(int fd, void* buffer, std::size_t size) noexcept;

/// Writes all of it; stops at an error.
void write_fully(int fd, const void* bytes, std::size_t size) noexcept;

}  // namespace sys
