// SPDX-License-Identifier: MIT
#include "sys/cgroup_usage.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "sys/files.hpp"

namespace sys {
namespace {

using Number = std::optional<std::uint64_t>;

// What v1 shows for "no limit" is the largest multiple of a page below this.
constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 62;

std::string text_of(const CgroupDirectory& group, const char* file) {
    return group.path.empty() ? "" : read_file(group.path + "/" + file).value_or("");
}

// The number at the begin of `text`, behind blanks; none for "max" and for -1.
Number number_in(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc{} ? Number{number} : std::nullopt;
}

// The number of the line "KEY NUMBER".
Number field_in(const std::string& text, const std::string& key) {
    const auto lines = "\n" + text;
    const auto found = lines.find("\n" + key + " ");
    return found == std::string::npos
               ? std::nullopt
               : number_in(std::string_view{lines}.substr(found + key.size() + 2));
}

Number limit_in(std::string_view text) {
    const auto number = number_in(text);
    return number && *number < kUnlimited ? number : std::nullopt;
}

Number scaled(Number number, std::uint64_t divisor) {
    return number ? Number{*number / divisor} : std::nullopt;
}

void read_memory(const CgroupDirectory& group, CgroupUsage& usage) {
    usage.memory_bytes =
        number_in(text_of(group, group.is_v2 ? "memory.current" : "memory.usage_in_bytes"));
    usage.memory_limit_bytes =
        limit_in(text_of(group, group.is_v2 ? "memory.max" : "memory.limit_in_bytes"));
    usage.oom_kills =
        parse_oom_kills(text_of(group, group.is_v2 ? "memory.events" : "memory.oom_control"));
}

void read_cpu(const CgroupPlaces& places, CgroupUsage& usage) {
    const auto stat = text_of(places.cpu, "cpu.stat");
    std::string quota_text;
    std::string period_text;
    if (places.cpu.is_v2) {
        usage.cpu_microseconds = field_in(stat, "usage_usec");
        usage.throttled_microseconds = field_in(stat, "throttled_usec");
        quota_text = text_of(places.cpu, "cpu.max");  // "QUOTA PERIOD", or "max PERIOD"
        period_text = quota_text.substr(std::min(quota_text.size(), quota_text.find(' ')));
    } else {
        usage.cpu_microseconds = scaled(number_in(text_of(places.cpuacct, "cpuacct.usage")), 1000);
        usage.throttled_microseconds = scaled(field_in(stat, "throttled_time"), 1000);
        quota_text = text_of(places.cpu, "cpu.cfs_quota_us");
        period_text = text_of(places.cpu, "cpu.cfs_period_us");
    }
    const auto quota = number_in(quota_text);
    const auto period = number_in(period_text);
    if (quota && period && *period > 0) {
        usage.cpu_limit_millis = *quota * 1000 / *period;
    }
}

}  // namespace

CgroupPlaces find_cgroup_places() {
    const auto cgroups = read_file("/proc/self/cgroup").value_or("");
    const auto mountinfo = read_file("/proc/self/mountinfo").value_or("");
    return {find_cgroup(cgroups, mountinfo, "memory"), find_cgroup(cgroups, mountinfo, "cpu"),
            find_cgroup(cgroups, mountinfo, "cpuacct"), find_cgroup(cgroups, mountinfo, "pids")};
}

CgroupUsage read_cgroup_usage(const CgroupPlaces& places) {
    CgroupUsage usage;
    read_memory(places.memory, usage);
    read_cpu(places, usage);
    usage.processes = number_in(text_of(places.pids, "pids.current"));
    usage.processes_limit = limit_in(text_of(places.pids, "pids.max"));
    return usage;
}

}  // namespace sys
