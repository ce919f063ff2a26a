// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.hpp"

/// What a child gives up between fork and execve. "What already holds is a silent success": each of
/// these makes its system call only where something would change, so that they work unprivileged.
namespace sys {

/// Bit n stands for capability n (capabilities(7)).
using CapabilitySet = std::uint64_t;

/// The number of "net_bind_service" or "CAP_NET_BIND_SERVICE"; empty for no capability.
[[nodiscard]] std::optional<int> parse_capability(std::string_view name) noexcept;
/// "net_bind_service"; "" for a number without a name.
[[nodiscard]] std::string_view capability_name(int number) noexcept;

/// Whether this process has the capability in its effective set.
[[nodiscard]] bool has_capability(int number) noexcept;
/// The three sets of this process (capget(2)) and the bounding set.
struct Capabilities {
    CapabilitySet effective = 0;
    CapabilitySet permitted = 0;
    CapabilitySet inheritable = 0;
    CapabilitySet bounding = 0;
};
[[nodiscard]] Capabilities read_capabilities() noexcept;

/// Sets the supplementary groups (setgroups(2)).
[[nodiscard]] base::Result<void> set_groups(std::span<const std::uint32_t> groups) noexcept;
/// Sets real, effective and saved group id.
[[nodiscard]] base::Result<void> set_gid(std::uint32_t gid) noexcept;
/// Sets real, effective and saved user id.
[[nodiscard]] base::Result<void> set_uid(std::uint32_t uid) noexcept;

/// Takes every capability but `keep` out of the bounding set, so that no execve can bring it back.
/// Needs CAP_SETPCAP where something is to be dropped; call it before the user changes.
[[nodiscard]] base::Result<void> drop_bounding_set(CapabilitySet keep) noexcept;

/// Lets the permitted set survive a change of user (PR_SET_KEEPCAPS) until the next execve.
[[nodiscard]] base::Result<void> keep_capabilities() noexcept;

/// Sets effective, permitted and inheritable to exactly `set` and raises all of it in the ambient
/// set, so that it outlives execve of a plain file as a plain user. EPERM when `set` has one that
/// is not permitted now. Call it after the user has changed.
[[nodiscard]] base::Result<void> set_capabilities(CapabilitySet set) noexcept;

/// Whether that is so already: no execve of this process gains privileges, prctl(2).
[[nodiscard]] bool has_no_new_privileges() noexcept;

/// PR_SET_NO_NEW_PRIVS: no execve gains privileges any more.
[[nodiscard]] base::Result<void> set_no_new_privileges() noexcept;

/// setrlimit(2); UINT64_MAX is infinity.
[[nodiscard]] base::Result<void> set_limit(int resource, std::uint64_t soft,
                                           std::uint64_t hard) noexcept;

/// The nice value of this process, -20 to 19.
[[nodiscard]] base::Result<void> set_nice(int value) noexcept;

/// Writes /proc/self/oom_score_adj, -1000 to 1000.
[[nodiscard]] base::Result<void> set_oom_score_adj(int value) noexcept;

/// The effective ids of this process.
[[nodiscard]] std::uint32_t own_uid() noexcept;
[[nodiscard]] std::uint32_t own_gid() noexcept;

}  // namespace sys
