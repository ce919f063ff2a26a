// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "sys/cgroup.hpp"

/// What the container as a whole uses and may use (cgroups(7)), v1 and v2. For clients: it reads
/// files and allocates.
namespace sys {

/// The container's own group for each controller that is looked at.
struct CgroupPlaces {
    CgroupDirectory memory;
    CgroupDirectory cpu;
    CgroupDirectory cpuacct;
    CgroupDirectory pids;
};

/// Looks for them in /proc/self; what is not in sight stays "".
[[nodiscard]] CgroupPlaces find_cgroup_places();

/// What a group says; none: no such file, or no limit.
struct CgroupUsage {
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> memory_limit_bytes;
    std::optional<std::uint64_t> oom_kills;
    std::optional<std::uint64_t> cpu_microseconds;
    std::optional<std::uint64_t> throttled_microseconds;
    std::optional<std::uint64_t> cpu_limit_millis;  ///< thousandths of one CPU
    std::optional<std::uint64_t> processes;         ///< tasks, as the controller counts
    std::optional<std::uint64_t> processes_limit;
};

/// Reads all of it anew.
[[nodiscard]] CgroupUsage read_cgroup_usage(const CgroupPlaces& places);

}  // namespace sys
