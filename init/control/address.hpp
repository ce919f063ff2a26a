// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Where PID 1 listens and clients look.
namespace control {

/// Where the socket is unless `control` or PIDONE_CONTROL says otherwise.
inline constexpr std::string_view kDefaultPath = "/run/pidone/control";

/// "@pidone-MNT-PID", the abstract name (unix(7)) made of the inode numbers of this process's mount
/// and PID namespaces: the same for everything in one container, and different for two containers
/// that share a network namespace, which is what abstract names belong to. Empty without /proc.
[[nodiscard]] std::optional<std::string> abstract_address();

/// Where a client looks that was not told where: the path, then the abstract name.
[[nodiscard]] std::vector<std::string> default_addresses();

}  // namespace control
