// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// Limits and privileges of a forked child. Each call changes the calling process alone, and what
/// already holds is left alone, so it succeeds without any capability.
namespace sys {

/// The ids a process takes on.
struct Credentials {
    unsigned uid = 0;
    unsigned gid = 0;
    std::vector<unsigned> groups;  ///< supplementary groups
};

/// A set of capabilities; bit n = capability n (linux/capability.h).
using CapabilitySet = std::uint64_t;

/// The number of the capability called `name` ("net_bind_service"), or nothing.
[[nodiscard]] std::optional<int> parse_capability(std::string_view name);
/// The name of capability `number` as Compose writes it ("NET_BIND_SERVICE").
[[nodiscard]] std::string_view capability_name(int number);

/// What this process may still use, and what its programs could ever gain. See capabilities(7).
struct CapabilityState {
    CapabilitySet effective = 0;
    CapabilitySet permitted = 0;
    CapabilitySet bounding = 0;
};
[[nodiscard]] CapabilityState capability_state();

/// Whether the real, effective and saved ids of this process are those of `credentials`.
[[nodiscard]] bool has_ids(const Credentials& credentials);

/// setgroups, setgid and setuid. With `keeps_capabilities` the permitted set survives the change.
/// Errno::op says which call was refused; EPERM = CAP_SETGID or CAP_SETUID is missing.
[[nodiscard]] base::Result<void> set_ids(const Credentials& credentials, bool keeps_capabilities);

/// Takes every capability outside `kept` from the bounding set; EPERM without CAP_SETPCAP.
[[nodiscard]] base::Result<void> limit_bounding_set(CapabilitySet kept);

/// Makes `kept` the permitted, effective, inheritable and ambient set; EPERM when one of them is
/// not permitted.
[[nodiscard]] base::Result<void> set_capabilities(CapabilitySet kept);

/// See PR_SET_NO_NEW_PRIVS of prctl(2).
[[nodiscard]] base::Result<void> set_no_new_privileges();

/// setrlimit(2) with UINT64_MAX = infinity; EPERM = CAP_SYS_RESOURCE is missing.
[[nodiscard]] base::Result<void> set_limit(int resource, std::uint64_t soft, std::uint64_t hard);

/// /proc/self/oom_score_adj; lowering it needs CAP_SYS_RESOURCE.
[[nodiscard]] base::Result<void> set_oom_score_adjustment(int value);

/// setpriority(2); lowering it needs CAP_SYS_NICE.
[[nodiscard]] base::Result<void> set_nice(int value);

/// umask(2).
void set_umask(unsigned mask);

/// chdir(2).
[[nodiscard]] base::Result<void> change_directory(const char* path);

}  // namespace sys
