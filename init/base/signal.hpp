// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "base/text.hpp"

namespace base {

/// A signal number, 1 to 64 (signal(7)); `None` (0) is "no signal". 32 and 33 are glibc's own,
/// but a process may send them, so they are values like any other here.
enum class Signal : int { None = 0 };

/// The highest signal number of Linux (_NSIG - 1).
inline constexpr int kMaxSignal = 64;

/// The kernel's number for `signal`.
[[nodiscard]] constexpr int raw(Signal signal) {
    return static_cast<int>(signal);
}

// Those that pidone itself gives a meaning to; the numbers are the same on x86-64 and arm64.
inline constexpr Signal kSigHup{1};
inline constexpr Signal kSigInt{2};
inline constexpr Signal kSigQuit{3};
inline constexpr Signal kSigAbrt{6};
inline constexpr Signal kSigKill{9};
inline constexpr Signal kSigUsr1{10};
inline constexpr Signal kSigUsr2{12};
inline constexpr Signal kSigTerm{15};
inline constexpr Signal kSigChld{17};
inline constexpr Signal kSigCont{18};
inline constexpr Signal kSigStop{19};
inline constexpr Signal kSigTstp{20};
inline constexpr Signal kSigTtin{21};
inline constexpr Signal kSigTtou{22};
inline constexpr Signal kSigWinch{28};
inline constexpr Signal kSigPwr{30};
/// systemd's "halt" for containers (systemd(1), SIGRTMIN+3).
inline constexpr Signal kSigRtMin3{37};

/// Reads "TERM", "SIGTERM", "sigterm", "RTMIN+3", "RTMAX-1" or a number from 1 to 64. RTMIN is 34
/// and RTMAX is 64, as glibc and docker count. Empty when the text names no signal.
[[nodiscard]] std::optional<Signal> parse_signal(std::string_view text);

/// "SIGTERM", "SIGRTMIN+3", or "signal 32" where there is no name.
[[nodiscard]] Text to_string(Signal signal);

}  // namespace base
