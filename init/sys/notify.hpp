// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/pid.hpp"
#include "base/result.hpp"
#include "sys/fd.hpp"

/// The service side of sd_notify(3), without libsystemd. Everything here is allocation-free.
namespace sys {

/// The longest datagram that is accepted, as systemd's own limit.
inline constexpr std::size_t kNotifyMax = 4096;

/// What one datagram said. Unknown assignments are ignored, the last of several equal ones counts.
struct NotifyMessage {
    bool is_ready = false;                       ///< READY=1
    bool is_stopping = false;                    ///< STOPPING=1
    bool has_status = false;                     ///< STATUS=
    std::string_view status;                     ///< its text; points into the datagram
    base::Pid main_pid = base::Pid::None;        ///< MAINPID=
    std::optional<std::uint64_t> extend_usec;    ///< EXTEND_TIMEOUT_USEC=, microseconds
    bool feeds_watchdog = false;                 ///< WATCHDOG=1
    bool fails_watchdog = false;                 ///< WATCHDOG=trigger
    std::optional<std::uint64_t> watchdog_usec;  ///< WATCHDOG_USEC=, microseconds; 0 = off
};

/// Reads the text of a datagram: lines of NAME=value. The error is why it counts for nothing: it
/// holds a NUL byte, is longer than kNotifyMax, or a known assignment has a value that is none.
/// Pure.
[[nodiscard]] base::Result<NotifyMessage, const char*> parse_notify(std::string_view text) noexcept;

/// A service's socket and its address.
struct NotifySocket {
    UniqueFd fd;                    ///< non-blocking, close-on-exec, SO_PASSCRED
    std::array<char, 8> address{};  ///< "@XXXXX": the abstract name that the kernel chose (unix(7))

    /// The value for NOTIFY_SOCKET.
    [[nodiscard]] std::string_view name() const noexcept { return address.data(); }
};

[[nodiscard]] base::Result<NotifySocket> open_notify_socket() noexcept;

/// What receive_notify() found.
struct NotifyReceipt {
    enum class Kind {
        Nothing,  ///< no datagram is waiting
        Message,  ///< `message` from `sender`
        Barrier,  ///< sd_notify_barrier(3): closing its descriptor, which is done, was the answer
        Refused,  ///< a malformed or oversized one, or one that carried descriptors (now closed)
    };
    Kind kind = Kind::Nothing;
    NotifyMessage message{};
    const char* refusal = "";            ///< why, when it is Refused
    base::Pid sender = base::Pid::None;  ///< None: a process outside this PID namespace
    std::uint32_t uid = 0;
};

/// Takes one datagram; `buffer` holds its text and should have kNotifyMax bytes at least.
[[nodiscard]] base::Result<NotifyReceipt> receive_notify(int fd, std::span<char> buffer) noexcept;

/// Throws away what is waiting on `fd`, the descriptors that came along included.
void discard_notify(int fd) noexcept;

/// Sends `text` to somebody else's notification socket: the value of our own NOTIFY_SOCKET, a path
/// or "@name". Never blocks.
[[nodiscard]] base::Result<void> send_notify(std::string_view address,
                                             std::string_view text) noexcept;

}  // namespace sys
