// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "base/pid.hpp"
#include "base/result.hpp"
#include "base/signal.hpp"
#include "sys/fd.hpp"

/// Signals without glibc's two blind spots (32 and 33): raw system calls with all 64 bits. A mask
/// is the kernel's sigset: bit n - 1 stands for signal n (signal(7)). Everything here is
/// allocation-free.
///
/// Linking this module blocks every signal from `.preinit_array`, that is before libstdc++ and any
/// constructor run. A client (anything that is not the init) therefore calls
/// `restore_mask(original_mask())` first.
namespace sys {

/// The signal mask that the program was started with.
[[nodiscard]] std::uint64_t original_mask() noexcept;

/// Sets SIGCHLD to its default, because an inherited "ignore" makes children vanish unreaped.
/// Returns whether it was ignored, which command mode hands on to its program.
[[nodiscard]] bool take_sigchld_default() noexcept;

/// A close-on-exec, non-blocking signalfd(2) for all 64 signals.
[[nodiscard]] base::Result<UniqueFd> open_signal_fd() noexcept;

/// One signal as signalfd(2) delivers it.
struct ReceivedSignal {
    base::Signal signal{};
    std::int32_t code = 0;               ///< si_code, see sigaction(2)
    bool has_value = false;              ///< it came by sigqueue(3), si_code SI_QUEUE
    std::uint64_t value = 0;             ///< the bits of si_value then
    base::Pid sender = base::Pid::None;  ///< None: the kernel, or a process outside this namespace
    std::uint32_t sender_uid = 0;
};

/// Takes the next pending signal; empty when there is none.
[[nodiscard]] base::Result<std::optional<ReceivedSignal>> read_signal(int fd) noexcept;

/// Sends `signal` to one process. `Signal::None` only asks whether it exists and may be signalled.
[[nodiscard]] base::Result<void> kill(base::Pid pid, base::Signal signal) noexcept;

/// Sends `signal` to the process group `group`. Groups 0 and 1 are refused with EINVAL: kill(2)
/// gives 0 and -1 meanings of their own.
[[nodiscard]] base::Result<void> kill_group(base::Pid group, base::Signal signal) noexcept;

/// Sends `signal` with `value` in si_value, as sigqueue(3) does (rt_sigqueueinfo(2)). EAGAIN when
/// the receiver's queue is full.
[[nodiscard]] base::Result<void> queue(base::Pid pid, base::Signal signal,
                                       std::uint64_t value) noexcept;

/// Sends `signal` to every process it may signal but itself and PID 1, i.e. kill(-1). Only for a
/// PID 1. ESRCH when there is none.
[[nodiscard]] base::Result<void> kill_everything(base::Signal signal) noexcept;

/// Sets the signal mask, for the child before execve. 0 = nothing blocked.
void restore_mask(std::uint64_t mask) noexcept;

/// Sets the action of all 64 signals to default. execve keeps only "ignore" and "default", so this
/// is what undoes an inherited "ignore".
void reset_dispositions() noexcept;

/// Sets SIGCHLD to "ignore", to hand an inherited "ignore" on.
void ignore_sigchld() noexcept;

/// Lets the default action of `signal` happen to this very process, whatever the mask: used to stop
/// or to end as the child did. Returns when the process was continued, or when the kernel refuses,
/// as it does for PID 1.
void raise_default(base::Signal signal) noexcept;

}  // namespace sys
