// SPDX-License-Identifier: MIT
#pragma once

#include "base/signal.hpp"

namespace base {

/// How a process ended: it exited with a code, or a signal killed it (waitid(2)). Never a raw wait
/// status.
class ExitStatus {
  public:
    /// The process called exit; `code` is 0 to 255.
    [[nodiscard]] static constexpr ExitStatus exited(int code) {
        return ExitStatus{code, Signal::None, false};
    }
    /// `signal` ended the process; `core` says whether the kernel wrote a core dump.
    [[nodiscard]] static constexpr ExitStatus killed(Signal signal, bool core = false) {
        return ExitStatus{0, signal, core};
    }

    [[nodiscard]] constexpr bool was_killed() const { return signal_ != Signal::None; }
    /// The exit code; meaningful only when it was not killed.
    [[nodiscard]] constexpr int code() const { return code_; }
    /// The deadly signal, or `Signal::None`.
    [[nodiscard]] constexpr Signal signal() const { return signal_; }
    [[nodiscard]] constexpr bool dumped_core() const { return core_; }

    /// What a shell reports: the code, or 128 + n for death by signal n.
    [[nodiscard]] constexpr int shell_code() const {
        return was_killed() ? 128 + raw(signal_) : code_;
    }

    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;

  private:
    constexpr ExitStatus(int code, Signal signal, bool core)
        : code_{code}, signal_{signal}, core_{core} {}

    int code_;
    Signal signal_;
    bool core_;
};

/// "exited with status 1", "killed by SIGSEGV (core dumped)".
[[nodiscard]] Text to_string(const ExitStatus& status);

// The exit codes pidone itself ends with: sysexits(3) and the shell's two for exec.
inline constexpr int kExitUsage = 64;
inline constexpr int kExitSystem = 71;
inline constexpr int kExitConfig = 78;
inline constexpr int kExitNotExecutable = 126;
inline constexpr int kExitNotFound = 127;

}  // namespace base
