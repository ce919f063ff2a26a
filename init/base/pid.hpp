// SPDX-License-Identifier: MIT
#pragma once

namespace base {

/// A process id in this PID namespace; `None` (0) stands for "no process". A type of its own, so
/// that it cannot be swapped with a signal, a descriptor or a group id.
enum class Pid : int { None = 0, Init = 1 };

/// The kernel's number for `pid`.
[[nodiscard]] constexpr int raw(Pid pid) {
    return static_cast<int>(pid);
}

}  // namespace base
