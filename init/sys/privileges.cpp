// SPDX-License-Identifier: MIT
#include "sys/privileges.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "base/capability.hpp"
#include "base/words.hpp"
#include "sys/fd.hpp"

namespace sys {
namespace {

using base::kCapabilityNames;

constexpr CapabilitySet bit(int number) {
    return CapabilitySet{1} << number;
}

base::Result<void> checked(const char* op, long result) noexcept {
    if (result < 0) {
        return base::unexpected{base::Errno{op, errno}};
    }
    return {};
}

using CapData = std::array<__user_cap_data_struct, 2>;

CapabilitySet join(unsigned low, unsigned high) noexcept {
    return CapabilitySet{high} << 32 | low;
}

bool read_sets(CapData& sets) noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    return ::syscall(SYS_capget, &header, sets.data()) == 0;
}

base::Result<void> raise_ambient(CapabilitySet set) noexcept {
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL) != 0) {
        // A kernel without ambient sets (before 4.3) has none to clear.
        return set == 0 ? base::Result<void>{} : checked("prctl(PR_CAP_AMBIENT)", -1);
    }
    for (int number = 0; number < 64; ++number) {
        if ((set & bit(number)) != 0 &&
            ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, static_cast<unsigned long>(number), 0UL,
                    0UL) != 0) {
            return checked("prctl(PR_CAP_AMBIENT)", -1);
        }
    }
    return {};
}

}  // namespace

std::optional<int> parse_capability(std::string_view name) noexcept {
    if (name.size() > 4 && base::equal_in_any_case(name.substr(0, 4), "cap_")) {
        name.remove_prefix(4);
    }
    const auto found =
        std::find_if(kCapabilityNames.begin(), kCapabilityNames.end(),
                     [&](std::string_view known) { return base::equal_in_any_case(known, name); });
    if (found == kCapabilityNames.end()) {
        return std::nullopt;
    }
    return static_cast<int>(found - kCapabilityNames.begin());
}

std::string_view capability_name(int number) noexcept {
    const auto index = static_cast<std::size_t>(number);
    return number >= 0 && index < kCapabilityNames.size() ? kCapabilityNames[index]
                                                          : std::string_view{};
}

Capabilities read_capabilities() noexcept {
    Capabilities result;
    CapData sets{};
    if (read_sets(sets)) {
        result.effective = join(sets[0].effective, sets[1].effective);
        result.permitted = join(sets[0].permitted, sets[1].permitted);
        result.inheritable = join(sets[0].inheritable, sets[1].inheritable);
    }
    for (int number = 0; number < 64; ++number) {
        const int held =
            ::prctl(PR_CAPBSET_READ, static_cast<unsigned long>(number), 0UL, 0UL, 0UL);
        if (held < 0) {
            break;
        }
        result.bounding |= held > 0 ? bit(number) : 0;
    }
    return result;
}

bool has_capability(int number) noexcept {
    CapData sets{};
    return number >= 0 && number < 64 && read_sets(sets) &&
           (join(sets[0].effective, sets[1].effective) & bit(number)) != 0;
}

base::Result<void> set_groups(std::span<const std::uint32_t> groups) noexcept {
    std::vector<gid_t> wanted{groups.begin(), groups.end()};
    const int count = ::getgroups(0, nullptr);
    std::vector<gid_t> held(static_cast<std::size_t>(std::max(count, 0)));
    if (::getgroups(static_cast<int>(held.size()), held.data()) < 0) {
        return checked("getgroups", -1);
    }
    // As sets: the order carries no meaning, and the primary group counts with or without.
    const auto normalise = [](std::vector<gid_t>& list) {
        list.push_back(::getegid());
        std::sort(list.begin(), list.end());
        list.erase(std::unique(list.begin(), list.end()), list.end());
    };
    auto wanted_set = wanted;
    normalise(wanted_set);
    normalise(held);
    if (wanted_set == held) {
        return {};
    }
    return checked("setgroups", ::setgroups(wanted.size(), wanted.data()));
}

base::Result<void> set_gid(std::uint32_t gid) noexcept {
    gid_t real = 0;
    gid_t effective = 0;
    gid_t saved = 0;
    ::getresgid(&real, &effective, &saved);
    if (real == gid && effective == gid && saved == gid) {
        return {};
    }
    return checked("setresgid", ::setresgid(gid, gid, gid));
}

base::Result<void> set_uid(std::uint32_t uid) noexcept {
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;
    ::getresuid(&real, &effective, &saved);
    if (real == uid && effective == uid && saved == uid) {
        return {};
    }
    return checked("setresuid", ::setresuid(uid, uid, uid));
}

base::Result<void> drop_bounding_set(CapabilitySet keep) noexcept {
    const CapabilitySet held = read_capabilities().bounding;
    for (int number = 0; number < 64; ++number) {
        if ((held & bit(number)) != 0 && (keep & bit(number)) == 0 &&
            ::prctl(PR_CAPBSET_DROP, static_cast<unsigned long>(number), 0UL, 0UL, 0UL) != 0) {
            return checked("prctl(PR_CAPBSET_DROP)", -1);
        }
    }
    return {};
}

base::Result<void> keep_capabilities() noexcept {
    return checked("prctl(PR_SET_KEEPCAPS)", ::prctl(PR_SET_KEEPCAPS, 1UL, 0UL, 0UL, 0UL));
}

base::Result<void> set_capabilities(CapabilitySet set) noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    CapData sets{};
    const auto low = static_cast<__u32>(set);
    const auto high = static_cast<__u32>(set >> 32);
    sets[0] = {low, low, low};
    sets[1] = {high, high, high};
    if (const auto result = checked("capset", ::syscall(SYS_capset, &header, sets.data()));
        !result) {
        return result;
    }
    return raise_ambient(set);
}

bool has_no_new_privileges() noexcept {
    return ::prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) == 1;
}

base::Result<void> set_no_new_privileges() noexcept {
    return checked("prctl(PR_SET_NO_NEW_PRIVS)", ::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL));
}

base::Result<void> set_limit(int resource, std::uint64_t soft, std::uint64_t hard) noexcept {
    const auto which = static_cast<__rlimit_resource>(resource);
    rlimit held{};
    if (::getrlimit(which, &held) == 0 && held.rlim_cur == soft && held.rlim_max == hard) {
        return {};
    }
    const rlimit wanted{soft, hard};
    return checked("setrlimit", ::setrlimit(which, &wanted));
}

base::Result<void> set_nice(int value) noexcept {
    errno = 0;
    if (::getpriority(PRIO_PROCESS, 0) == value && errno == 0) {
        return {};
    }
    return checked("setpriority", ::setpriority(PRIO_PROCESS, 0, value));
}

base::Result<void> set_oom_score_adj(int value) noexcept {
    const UniqueFd file{::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC)};
    if (!file) {
        return checked("open", -1);
    }
    std::array<char, 16> text{};
    const int wanted = std::snprintf(text.data(), text.size(), "%d\n", value);
    std::array<char, 16> held{};
    const ssize_t got = ::pread(file.get(), held.data(), held.size() - 1, 0);
    if (got > 0 && std::string_view{text.data()} == std::string_view{held.data()}) {
        return {};
    }
    return checked("write", ::pwrite(file.get(), text.data(), static_cast<std::size_t>(wanted), 0));
}

std::uint32_t own_uid() noexcept {
    return ::geteuid();
}

std::uint32_t own_gid() noexcept {
    return ::getegid();
}

}  // namespace sys
