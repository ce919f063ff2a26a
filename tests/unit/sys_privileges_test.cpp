// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>

#include "sys/privileges.hpp"
#include "sys_support.hpp"

using sys_support::exit_code_of;

TEST_CASE("capabilities are known by name, with and without the prefix") {
    CHECK(sys::parse_capability("net_bind_service") == 10);
    CHECK(sys::parse_capability("CAP_NET_BIND_SERVICE") == 10);
    CHECK(sys::parse_capability("chown") == 0);
    CHECK(sys::parse_capability("checkpoint_restore") == 40);
    CHECK_FALSE(sys::parse_capability("net_bind"));
    CHECK_FALSE(sys::parse_capability("cap_"));
    CHECK(sys::capability_name(21) == "sys_admin");
    CHECK(sys::capability_name(41).empty());
    CHECK(sys::capability_name(-1).empty());
}

TEST_CASE("what already holds is a success without any privilege") {
    const int code = exit_code_of([] {
        if (::geteuid() == 0) {
            const gid_t group = 4242;
            if (!sys::set_groups({&group, 1}) || !sys::set_gid(4242) || !sys::set_uid(4242)) {
                return 1;
            }
        }
        std::array<gid_t, 64> groups{};
        const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
        if (!sys::set_groups({groups.data(), static_cast<std::size_t>(count)})) {
            return 2;
        }
        return sys::set_gid(::getegid()) && sys::set_uid(::geteuid()) ? 0 : 3;
    });
    CHECK(code == 0);
}

TEST_CASE("without privilege a change of user is refused") {
    const int code = exit_code_of([] {
        if (::geteuid() == 0 && !sys::set_uid(4242)) {
            return 1;
        }
        const std::uint32_t group = 4243;
        return sys::set_uid(4243).error().code == EPERM &&
                       sys::set_groups({&group, 1}).error().code == EPERM
                   ? 0
                   : 2;
    });
    CHECK(code == 0);
}

TEST_CASE("a capability that is kept outlives the change of user, all others are gone") {
    if (!sys::has_capability(*sys::parse_capability("setuid")) ||
        !sys::has_capability(*sys::parse_capability("setpcap")) ||
        !sys::has_capability(*sys::parse_capability("net_bind_service"))) {
        MESSAGE("needs root");
        return;
    }
    const int code = exit_code_of([] {
        const sys::CapabilitySet wanted = sys::CapabilitySet{1} << 10;
        if (!sys::drop_bounding_set(wanted) || !sys::keep_capabilities() || !sys::set_uid(4242) ||
            !sys::set_capabilities(wanted)) {
            return 1;
        }
        const auto held = sys::read_capabilities();
        const auto status = sys::read_file("/proc/self/status", 1 << 16);
        const bool is_ambient = status->find("CapAmb:\t0000000000000400") != std::string::npos;
        return held.effective == wanted && held.permitted == wanted && held.inheritable == wanted &&
                       held.bounding == wanted && is_ambient
                   ? 0
                   : 2;
    });
    CHECK(code == 0);
}

TEST_CASE("a capability that is not permitted cannot be had") {
    const int code = exit_code_of([] {
        if (!sys::set_capabilities(0)) {
            return 1;
        }
        return sys::set_capabilities(sys::CapabilitySet{1} << 10).error().code == EPERM ? 0 : 2;
    });
    CHECK(code == 0);
}

TEST_CASE("limits, niceness, oom score and no-new-privileges take effect") {
    const int code = exit_code_of([] {
        if (!sys::set_limit(RLIMIT_CORE, 0, 0) || !sys::set_nice(5) ||
            !sys::set_oom_score_adj(500) || !sys::set_oom_score_adj(500) ||
            !sys::set_no_new_privileges()) {
            return 1;
        }
        rlimit limit{1, 1};
        ::getrlimit(RLIMIT_CORE, &limit);
        const auto status = sys::read_file("/proc/self/status", 1 << 16);
        return limit.rlim_cur == 0 && limit.rlim_max == 0 && ::getpriority(PRIO_PROCESS, 0) == 5 &&
                       sys::read_file("/proc/self/oom_score_adj", 64) == std::string{"500\n"} &&
                       status->find("NoNewPrivs:\t1") != std::string::npos
                   ? 0
                   : 2;
    });
    CHECK(code == 0);
}
