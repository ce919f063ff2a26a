// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sys/fd.hpp"

namespace sys {

/// Counts the OOM kills of the container's own cgroup (cgroups(7)): `oom_kill` in v2's
/// memory.events or v1's memory.oom_control. Opened once at start; finds the group through
/// /proc/self/cgroup and /proc/self/mountinfo as a container sees them: with or without a cgroup
/// namespace, v1 bind mounts, hybrid.
class OomCounter {
  public:
    /// Looks for the file. Never fails: without one, read() is always empty. It allocates.
    [[nodiscard]] static OomCounter open();
    /// Counts in the file at `path`, for tests.
    [[nodiscard]] static OomCounter open_at(const std::string& path);

    /// The kills so far, or empty when unknown. One pread(2); allocation-free.
    [[nodiscard]] std::optional<std::uint64_t> read() const noexcept;

  private:
    UniqueFd fd_;
};

/// The container's own group in the hierarchy of one controller; `path` is "" when there is none.
struct CgroupDirectory {
    std::string path;
    bool is_v2 = false;
};

/// Where the group is for `controller` ("memory"), given the texts of /proc/self/cgroup and
/// /proc/self/mountinfo: in v1, else in v2. Whether it `exists` is not asked. Pure.
[[nodiscard]] CgroupDirectory find_cgroup(std::string_view cgroups, std::string_view mountinfo,
                                          std::string_view controller);

/// Where the counter is, given the texts of /proc/self/cgroup and /proc/self/mountinfo; "" when
/// there is no memory controller in sight. `exists` in the file system is not asked. Pure.
[[nodiscard]] std::string oom_file(std::string_view cgroups, std::string_view mountinfo);

/// The number after "oom_kill " at the begin of a line. Pure, allocation-free.
[[nodiscard]] std::optional<std::uint64_t> parse_oom_kills(std::string_view text) noexcept;

}  // namespace sys
