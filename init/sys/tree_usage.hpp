// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/pid.hpp"
#include "sys/process_table.hpp"

/// The processes of services, and what they use, out of /proc (proc_pid_stat(5)). For clients: it
/// reads much and allocates.
namespace sys {

/// Where a tree begins: the main process of a service (None: it has none), and the name by which
/// orphans of the service are known (PIDONE_SERVICE=NAME in their environment, where that may be
/// read). Without both the tree is empty.
struct TreeRoot {
    base::Pid pid = base::Pid::None;
    std::string_view service;
};

struct TreeUsage {
    std::uint32_t processes = 0;       ///< live ones; 0 = nothing is known of the tree
    base::Duration cpu{0};             ///< of all threads and of the children waited for
    std::uint64_t resident_bytes = 0;  ///< what processes share counts once for each of them
    std::int64_t started_at = 0;       ///< of the main process: milliseconds since 1970; 0 = none
    std::optional<std::uint64_t> descriptors;  ///< none: of some process they may not be counted
};

/// The usage of each tree, in the order of `roots`. A process belongs to a tree when it leads it,
/// has its leader's session, has a parent in it, or is an orphan of the service; PID 1 adopted
/// those. All empty without /proc.
[[nodiscard]] std::vector<TreeUsage> tree_usage(std::span<const TreeRoot> roots);

/// The live processes of a tree; none without /proc.
[[nodiscard]] std::vector<ProcessInfo> tree_processes(const TreeRoot& root);

/// What belongs to which tree but for orphans: for each process the index of its root, or -1. Pure.
[[nodiscard]] std::vector<int> assign_trees(std::span<const ProcessInfo> processes,
                                            std::span<const TreeRoot> roots);

/// The moment of "btime" in /proc/stat, in milliseconds since 1970, from which the start times of
/// processes count; 0 when it cannot be read.
[[nodiscard]] std::int64_t boot_time();

/// When `process` was started, in milliseconds since 1970; the same at every look, unless the
/// clock was set.
[[nodiscard]] std::int64_t start_of(const ProcessInfo& process, std::int64_t booted_at) noexcept;

/// The CPU time and the resident memory in the text of /proc/PID/stat. Pure.
struct StatUsage {
    std::uint64_t ticks = 0;  ///< utime, stime, cutime and cstime
    std::uint64_t pages = 0;
};
[[nodiscard]] std::optional<StatUsage> parse_usage(std::string_view stat) noexcept;

}  // namespace sys
