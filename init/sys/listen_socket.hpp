// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "sys/fd.hpp"
#include "sys/files.hpp"

/// Sockets that a service listens on, made before it starts. Close-on-exec; these calls allocate.
namespace sys {

/// Listens on the address `host` ("0.0.0.0", "::1") with SO_REUSEADDR, so that connections of an
/// earlier listener, which still end, are no obstacle. "::" takes IPv4 connections as well, unless
/// `is_v6_only`. Errors: EADDRINUSE, EADDRNOTAVAIL, EACCES of a port below
/// net.ipv4.ip_unprivileged_port_start, EAFNOSUPPORT of a kernel without IPv6, EINVAL of a host
/// that is no address.
[[nodiscard]] base::Result<UniqueFd> listen_tcp(const std::string& host, std::uint16_t port,
                                                bool is_v6_only);

/// A listener and what its path was made for.
struct UnixListener {
    UniqueFd fd;
    std::uint64_t device = 0;  ///< of the file at its path
    std::uint64_t inode = 0;
};

/// Listens on the unix socket `path`, with `mode` from the first moment on, and `owner`. Missing
/// directories are made with 0755. A socket that nobody listens on any more is removed first; one
/// that somebody does, and anything else there, is EADDRINUSE. A symlink that is not to be trusted
/// is kForeignLink.
[[nodiscard]] base::Result<UnixListener> listen_unix(const std::string& path, unsigned mode,
                                                     std::optional<Owner> owner);

/// Removes the socket at `path` while it is the one that `listener` was made with; another one that
/// took its place stays.
void remove_socket(const std::string& path, const UnixListener& listener) noexcept;

}  // namespace sys
