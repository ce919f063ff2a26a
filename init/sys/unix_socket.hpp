// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/duration.hpp"
#include "base/pid.hpp"
#include "base/result.hpp"
#include "sys/fd.hpp"

/// SOCK_SEQPACKET sockets of the control protocol (unix(7)). An address is a path, or "@name" for
/// an abstract name; more than 107 bytes are ENAMETOOLONG. Allocation-free.
namespace sys {

/// Listens on `address`: non-blocking, close-on-exec. A stale socket at the path is removed first,
/// anything else there is EEXIST. Its mode is 0666, because access is decided by credentials.
[[nodiscard]] base::Result<UniqueFd> listen_on(std::string_view address) noexcept;

/// Takes a waiting client, non-blocking and close-on-exec; empty when there is none.
[[nodiscard]] base::Result<std::optional<UniqueFd>> accept_client(int fd) noexcept;

/// Who is at the other end (SO_PEERCRED).
struct PeerCredentials {
    base::Pid pid = base::Pid::None;  ///< None: it lives in another PID namespace
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};
[[nodiscard]] base::Result<PeerCredentials> peer_credentials(int fd) noexcept;

/// Connects to `address`: blocking, close-on-exec, with `timeout` for the connection and for each
/// later send and receive (EAGAIN then; set_receive_timeout() changes it). For clients.
[[nodiscard]] base::Result<UniqueFd> connect_to(std::string_view address,
                                                base::Duration timeout) noexcept;

/// How long a receive on the blocking `fd` may last; none = for ever.
[[nodiscard]] base::Result<void> set_receive_timeout(
    int fd, std::optional<base::Duration> timeout) noexcept;

}  // namespace sys
