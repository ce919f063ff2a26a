// SPDX-License-Identifier: MIT
#pragma once

#include "base/pid.hpp"

namespace sys {

/// The process group this process is in, getpgrp(2).
[[nodiscard]] base::Pid own_group() noexcept;

/// The session this process is in, getsid(2).
[[nodiscard]] base::Pid own_session() noexcept;

/// Whether this process leads its session, credentials(7).
[[nodiscard]] bool is_session_leader() noexcept;

/// Closes every descriptor above 2 that is not close-on-exec: those are the ones that came through
/// our own execve, for a program that has them by now, because all that we open is close-on-exec.
/// Does nothing without /proc. Allocation-free.
void close_inherited() noexcept;

/// Goes to "/", so that no mount is kept busy by our working directory, chdir(2).
void leave_directory() noexcept;

}  // namespace sys
