// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string_view>

#include "sys/cgroup_usage.hpp"
#include "sys_support.hpp"

namespace {

/// A directory that looks like a group.
class Group {
  public:
    void put(const std::string& file, std::string_view text) const {
        REQUIRE(sys::write_file_atomic(directory_ / file, text, 0644));
    }
    [[nodiscard]] sys::CgroupUsage read(bool is_v2) const {
        const sys::CgroupDirectory here{directory_.path(), is_v2};
        return sys::read_cgroup_usage({here, here, here, here});
    }

  private:
    sys_support::TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("a v2 group tells limits and use") {
    const Group group;
    group.put("memory.current", "12345\n");
    group.put("memory.max", "67108864\n");
    group.put("memory.events", "low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\noom_group_kill 0\n");
    group.put("cpu.stat", "usage_usec 1500000\nuser_usec 1\nnr_throttled 4\nthrottled_usec 250\n");
    group.put("cpu.max", "150000 100000\n");
    group.put("pids.current", "7\n");
    group.put("pids.max", "100\n");

    const auto usage = group.read(true);
    CHECK(usage.memory_bytes == 12345U);
    CHECK(usage.memory_limit_bytes == 67108864U);
    CHECK(usage.oom_kills == 2U);
    CHECK(usage.cpu_microseconds == 1500000U);
    CHECK(usage.throttled_microseconds == 250U);
    CHECK(usage.cpu_limit_millis == 1500U);
    CHECK(usage.processes == 7U);
    CHECK(usage.processes_limit == 100U);
}

TEST_CASE("a v1 group tells the same in its own files and units") {
    const Group group;
    group.put("memory.usage_in_bytes", "12345\n");
    group.put("memory.limit_in_bytes", "67108864\n");
    group.put("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    group.put("cpuacct.usage", "1500000999\n");
    group.put("cpu.stat", "nr_periods 5\nnr_throttled 4\nthrottled_time 250000\n");
    group.put("cpu.cfs_quota_us", "50000\n");
    group.put("cpu.cfs_period_us", "100000\n");

    const auto usage = group.read(false);
    CHECK(usage.memory_bytes == 12345U);
    CHECK(usage.memory_limit_bytes == 67108864U);
    CHECK(usage.oom_kills == 2U);
    CHECK(usage.cpu_microseconds == 1500000U);
    CHECK(usage.throttled_microseconds == 250U);
    CHECK(usage.cpu_limit_millis == 500U);
    CHECK_FALSE(usage.processes);
}

TEST_CASE("what has no limit has no number") {
    const Group group;
    group.put("memory.max", "max\n");
    group.put("cpu.max", "max 100000\n");
    group.put("pids.max", "max\n");
    group.put("memory.limit_in_bytes", "9223372036854771712\n");
    group.put("cpu.cfs_quota_us", "-1\n");
    group.put("cpu.cfs_period_us", "100000\n");

    for (const bool is_v2 : {true, false}) {
        const auto usage = group.read(is_v2);
        CHECK_FALSE(usage.memory_limit_bytes);
        CHECK_FALSE(usage.cpu_limit_millis);
        CHECK_FALSE(usage.processes_limit);
    }
}

TEST_CASE("a period of zero, garbage and missing files are unknown and no more") {
    const Group group;
    CHECK_FALSE(group.read(true).cpu_limit_millis);
    group.put("cpu.max", "1000 0\n");
    group.put("memory.current", "garbage");
    CHECK_FALSE(group.read(true).cpu_limit_millis);
    CHECK_FALSE(group.read(true).memory_bytes);
    group.put("cpu.max", "1000");
    CHECK_FALSE(group.read(true).cpu_limit_millis);
    CHECK_FALSE(sys::read_cgroup_usage({}).memory_bytes);
}

TEST_CASE("each controller is found in its own hierarchy of v1, or in v2") {
    const auto* const cgroups = "9:memory:/a\n2:cpu,cpuacct:/b\n0::/c\n";
    const auto* const mounts =
        "30 25 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
        "31 25 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "32 25 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n";

    CHECK(sys::find_cgroup(cgroups, mounts, "memory").path == "/sys/fs/cgroup/memory/a");
    CHECK(sys::find_cgroup(cgroups, mounts, "cpuacct").path == "/sys/fs/cgroup/cpu/b");
    CHECK_FALSE(sys::find_cgroup(cgroups, mounts, "cpu").is_v2);
    CHECK(sys::find_cgroup(cgroups, mounts, "pids").path == "/sys/fs/cgroup/unified/c");
    CHECK(sys::find_cgroup(cgroups, mounts, "pids").is_v2);
}
