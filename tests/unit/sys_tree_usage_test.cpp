// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "sys/clock.hpp"
#include "sys/tree_usage.hpp"
#include "sys_support.hpp"

using base::Pid;

namespace {

sys::ProcessInfo process(int pid, int parent, int session) {
    sys::ProcessInfo info;
    info.pid = Pid{pid};
    info.parent = Pid{parent};
    info.session = Pid{session};
    return info;
}

}  // namespace

TEST_CASE("CPU time counts the children waited for, and the resident pages are found") {
    const auto usage = sys::parse_usage(
        "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 100 20 30 4 20 0 1 0 99 8192 55 "
        "18446744073709551615 1 1\n");
    REQUIRE(usage);
    CHECK(usage->ticks == 154);
    CHECK(usage->pages == 55);
}

TEST_CASE("a stat text that is cut or no text at all has no usage") {
    CHECK_FALSE(sys::parse_usage(""));
    CHECK_FALSE(sys::parse_usage("7 (a"));
    CHECK_FALSE(sys::parse_usage("7 (a) S 1 7 7 0 -1 0 1 2 3 4 100 20 30 4 20 0 1 0 99 8192"));
    CHECK_FALSE(sys::parse_usage("7 (a) S 1 7 7 0 -1 0 1 2 3 4 x 20 30 4 20 0 1 0 99 8192 5"));
}

TEST_CASE("a tree is its leader, the leader's session and all children of those") {
    const std::vector<sys::ProcessInfo> processes{
        process(1, 0, 1),    process(30, 20, 30),  // listed before its parent
        process(10, 1, 10),  process(11, 10, 10),
        process(20, 10, 20), process(12, 1, 10),  // an orphan of the session
        process(40, 1, 40),  process(50, 1, 50)};
    const std::array roots{sys::TreeRoot{Pid{10}, "web"}, sys::TreeRoot{Pid{40}, "db"},
                           sys::TreeRoot{Pid::None, "off"}};

    CHECK(sys::assign_trees(processes, roots) == std::vector{-1, 0, 0, 0, 0, 0, 1, -1});
}

TEST_CASE("a child that is still in the session of PID 1 is a tree by itself alone") {
    const std::vector<sys::ProcessInfo> processes{process(1, 0, 1), process(10, 1, 1),
                                                  process(11, 10, 1), process(20, 1, 1)};
    const std::array roots{sys::TreeRoot{Pid{10}, "web"}, sys::TreeRoot{Pid{20}, "db"}};

    CHECK(sys::assign_trees(processes, roots) == std::vector{-1, 0, 0, 1});
}

TEST_CASE("the processes of a tree are those that live") {
    const auto processes = sys::tree_processes({Pid{::getpid()}, "self"});
    const auto found = std::count_if(processes.begin(), processes.end(), [](const auto& process) {
        return process.pid == Pid{::getpid()};
    });
    CHECK(found == 1);
    CHECK(sys::tree_processes({Pid::None, "none"}).empty());
}

TEST_CASE("the usage of this very process is plausible") {
    const std::array roots{sys::TreeRoot{Pid{::getpid()}, "self"},
                           sys::TreeRoot{Pid::None, "none"}};
    const auto usages = sys::tree_usage(roots);
    REQUIRE(usages.size() == 2);

    CHECK(usages[0].processes >= 1);
    CHECK(usages[0].resident_bytes > 100'000);
    REQUIRE(usages[0].descriptors);
    CHECK(*usages[0].descriptors >= 3);
    CHECK(usages[0].started_at > 0);
    CHECK(usages[0].started_at <= sys::wall_clock() + 1000);
    CHECK(usages[0].started_at > sys::wall_clock() - 86'400'000);
    CHECK(usages[1].processes == 0);
    CHECK(usages[1].started_at == 0);
}
