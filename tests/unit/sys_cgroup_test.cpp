// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "sys/cgroup.hpp"
#include "sys_support.hpp"

namespace {

struct Row {
    const char* what;
    const char* cgroups;
    const char* mountinfo;
    const char* expected;
};

constexpr Row kRows[] = {
    {"v2 with a cgroup namespace", "0::/\n",
     "600 580 0:29 / /sys/fs/cgroup ro,nosuid shared:1 - cgroup2 cgroup rw,nsdelegate\n",
     "/sys/fs/cgroup/memory.events"},
    {"v2 on a host", "0::/system.slice/x.service\n",
     "30 25 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n",
     "/sys/fs/cgroup/system.slice/x.service/memory.events"},
    {"v2 with the host's namespace and the group mounted", "0::/docker/abc\n",
     "600 580 0:29 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
     "/sys/fs/cgroup/memory.events"},
    {"v1 bind mount without a cgroup namespace",
     "9:memory:/docker/abc\n1:name=systemd:/docker/abc\n",
     "700 690 0:31 /docker/abc /sys/fs/cgroup/memory ro master:13 - cgroup cgroup rw,memory\n",
     "/sys/fs/cgroup/memory/memory.oom_control"},
    {"v1 with a cgroup namespace", "9:memory:/\n0::/\n",
     "700 690 0:31 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
     "/sys/fs/cgroup/memory/memory.oom_control"},
    {"hybrid: the memory controller is v1", "9:cpu,memory:/a\n0::/a\n",
     "30 25 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
     "31 25 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,cpu,memory\n",
     "/sys/fs/cgroup/memory/a/memory.oom_control"},
    {"v1 without a memory controller falls back to v2", "1:name=systemd:/a\n0::/a\n",
     "30 25 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
     "31 25 0:27 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n",
     "/sys/fs/cgroup/unified/a/memory.events"},
    {"a group outside the namespace's root", "0::/../other\n",
     "600 580 0:29 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "/sys/fs/cgroup/memory.events"},
    {"no cgroup file system", "0::/\n", "22 1 0:20 / /proc rw - proc proc rw\n", ""},
    {"nothing at all", "", "", ""},
};

}  // namespace

TEST_CASE("the counter is found in every arrangement of cgroups") {
    for (const auto& row : kRows) {
        CAPTURE(row.what);
        CHECK(sys::oom_file(row.cgroups, row.mountinfo) == row.expected);
    }
}

TEST_CASE("the kills are read out of both formats") {
    CHECK(sys::parse_oom_kills("low 0\nhigh 0\nmax 3\noom 2\noom_kill 17\noom_group_kill 1\n") ==
          17);
    CHECK(sys::parse_oom_kills("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n") == 2);
    CHECK_FALSE(sys::parse_oom_kills("oom_kill_disable 0\nunder_oom 0\n"));
    CHECK_FALSE(sys::parse_oom_kills("oom_kill x\n"));
    CHECK_FALSE(sys::parse_oom_kills(""));
}

TEST_CASE("a counter shows what the file says now") {
    const sys_support::TemporaryDirectory directory;
    const auto path = directory / "memory.events";
    REQUIRE(sys::write_file_atomic(path, "oom_kill 1\n", 0600));
    const auto counter = sys::OomCounter::open_at(path);
    CHECK(counter.read() == 1);

    // In place, because the counter keeps the file open.
    std::FILE* file = std::fopen(path.c_str(), "w");
    std::fputs("oom_kill 2\n", file);
    std::fclose(file);

    CHECK(counter.read() == 2);
}

TEST_CASE("without the file nothing is known") {
    CHECK_FALSE(sys::OomCounter::open_at("/nowhere").read());
    CHECK_FALSE(sys::OomCounter{}.read());
}
