// SPDX-License-Identifier: MIT
#include "sys/cgroup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/words.hpp"
#include "sys/files.hpp"

namespace sys {
namespace {

constexpr std::string_view kOomKill = "oom_kill ";

bool has_word(std::string_view list, std::string_view word) noexcept {
    while (!list.empty()) {
        if (base::take_until(list, ",") == word) {
            return true;
        }
    }
    return false;
}

// The path of this process in the hierarchy of `controller` ("" = v2), from lines of
// "hierarchy:controllers:path" (cgroups(7)).
std::string_view cgroup_path(std::string_view cgroups, std::string_view controller) noexcept {
    while (!cgroups.empty()) {
        auto line = base::take_until(cgroups, "\n");
        static_cast<void>(base::take_until(line, ":"));
        const auto controllers = base::take_until(line, ":");
        if (controller.empty() ? controllers.empty() : has_word(controllers, controller)) {
            return line;
        }
    }
    return {};
}

struct Mount {
    std::string_view root;
    std::string_view point;
};

// Fields of proc_pid_mountinfo(5): id parent device root point options [optional...] - type source
// super-options.
Mount find_mount(std::string_view mountinfo, std::string_view type, std::string_view option) {
    while (!mountinfo.empty()) {
        auto line = base::take_until(mountinfo, "\n");
        const auto separator = line.find(" - ");
        if (separator == std::string_view::npos) {
            continue;
        }
        auto tail = line.substr(separator + 3);
        const auto found_type = base::take_until(tail, " ");
        static_cast<void>(base::take_until(tail, " "));
        if (found_type != type || (!option.empty() && !has_word(tail, option))) {
            continue;
        }
        for (int field = 0; field < 3; ++field) {
            static_cast<void>(base::take_until(line, " "));
        }
        Mount mount;
        mount.root = base::take_until(line, " ");
        mount.point = base::take_until(line, " ");
        return mount;
    }
    return {};
}

std::string path_in(const Mount& mount, std::string_view path) {
    if (mount.point.empty() || path.empty()) {
        return {};
    }
    // A container sees its own group mounted: then the mount's root is the group (a v1 bind mount
    // without a cgroup namespace) or both are "/". On a host the group lies below the root. Where
    // neither holds ("/../.." of a foreign namespace), the mount point is the best guess.
    std::string_view below;
    if (mount.root == "/") {
        below = path;
    } else if (path.starts_with(mount.root)) {
        below = path.substr(mount.root.size());
    }
    while (!below.empty() && below.back() == '/') {
        below.remove_suffix(1);
    }
    std::string result{mount.point};
    if (!below.starts_with("/..")) {
        result += below;
    }
    return result;
}

}  // namespace

CgroupDirectory find_cgroup(std::string_view cgroups, std::string_view mountinfo,
                            std::string_view controller) {
    // On a hybrid system a controller is bound to v1, so v1 is asked first.
    auto v1 =
        path_in(find_mount(mountinfo, "cgroup", controller), cgroup_path(cgroups, controller));
    if (!v1.empty()) {
        return {std::move(v1), false};
    }
    return {path_in(find_mount(mountinfo, "cgroup2", ""), cgroup_path(cgroups, "")), true};
}

std::string oom_file(std::string_view cgroups, std::string_view mountinfo) {
    const auto group = find_cgroup(cgroups, mountinfo, "memory");
    return group.path.empty()
               ? ""
               : group.path + (group.is_v2 ? "/memory.events" : "/memory.oom_control");
}

std::optional<std::uint64_t> parse_oom_kills(std::string_view text) noexcept {
    while (!text.empty()) {
        auto line = base::take_until(text, "\n");
        if (!line.starts_with(kOomKill)) {
            continue;
        }
        line.remove_prefix(kOomKill.size());
        std::uint64_t count = 0;
        const auto parsed = std::from_chars(line.data(), line.data() + line.size(), count);
        if (parsed.ec == std::errc{} && parsed.ptr == line.data() + line.size()) {
            return count;
        }
        return std::nullopt;
    }
    return std::nullopt;
}

OomCounter OomCounter::open() {
    const auto cgroups = read_file("/proc/self/cgroup");
    const auto mountinfo = read_file("/proc/self/mountinfo");
    if (!cgroups || !mountinfo) {
        return OomCounter{};
    }
    const auto path = oom_file(*cgroups, *mountinfo);
    return path.empty() ? OomCounter{} : open_at(path);
}

OomCounter OomCounter::open_at(const std::string& path) {
    OomCounter counter;
    counter.fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return counter;
}

std::optional<std::uint64_t> OomCounter::read() const noexcept {
    std::array<char, 512> buffer;
    const ssize_t got = fd_ ? ::pread(fd_.get(), buffer.data(), buffer.size(), 0) : -1;
    if (got <= 0) {
        return std::nullopt;
    }
    return parse_oom_kills({buffer.data(), static_cast<std::size_t>(got)});
}

}  // namespace sys
