// SPDX-License-Identifier: MIT
#include "sys/tree_usage.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <numeric>
#include <string>

#include "sys/files.hpp"

namespace sys {
namespace {

constexpr std::string_view kMarker = "PIDONE_SERVICE=";

struct DirCloser {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

std::string path_of(base::Pid pid, const char* file) {
    return "/proc/" + std::to_string(raw(pid)) + "/" + file;
}

std::uint64_t ticks_per_second() noexcept {
    return static_cast<std::uint64_t>(std::max(::sysconf(_SC_CLK_TCK), 1L));
}

std::optional<std::uint64_t> count_descriptors(base::Pid pid) {
    const std::unique_ptr<DIR, DirCloser> directory{::opendir(path_of(pid, "fd").c_str())};
    if (!directory) {
        return std::nullopt;
    }
    std::uint64_t count = 0;
    while (const dirent* entry = ::readdir(directory.get())) {
        count += entry->d_name[0] == '.' ? 0 : 1;
    }
    return count;
}

// A process that ends while it is looked at leaves nothing, and spoils nothing.
void add_process(const ProcessInfo& process, TreeUsage& usage) {
    const auto text = read_file(path_of(process.pid, "stat"));
    const auto used = text ? parse_usage(*text) : std::nullopt;
    if (!used) {
        return;
    }
    usage.cpu += base::Duration{static_cast<std::int64_t>(used->ticks * 1000 / ticks_per_second())};
    usage.resident_bytes += used->pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    if (!process.is_alive()) {
        return;
    }
    ++usage.processes;
    const auto count = usage.descriptors ? count_descriptors(process.pid) : std::nullopt;
    if (count) {
        *usage.descriptors += *count;
    } else if (exists(path_of(process.pid, "stat"))) {
        usage.descriptors.reset();
    }
}

std::vector<ProcessInfo> all_processes() {
    std::vector<ProcessInfo> processes;
    ProcessScan scan;
    while (const auto process = scan.next()) {
        processes.push_back(*process);
    }
    return processes;
}

// A daemon that left its session and lost its parents has only its environment to tell by.
int root_by_environment(const ProcessInfo& process, std::span<const TreeRoot> roots) {
    const auto root = std::find_if(roots.begin(), roots.end(), [&](const TreeRoot& candidate) {
        return !candidate.service.empty() &&
               environ_has(process.pid, std::string{kMarker}.append(candidate.service));
    });
    return root == roots.end() ? -1 : static_cast<int>(root - roots.begin());
}

/// assign_trees() for the processes of the moment; orphans of a service begin a tree of it too.
std::vector<int> owners_of(std::span<const ProcessInfo> processes,
                           std::span<const TreeRoot> roots) {
    std::vector<TreeRoot> all{roots.begin(), roots.end()};
    std::vector<int> root_of(roots.size());
    std::iota(root_of.begin(), root_of.end(), 0);
    const auto by_kinship = assign_trees(processes, roots);
    for (std::size_t i = 0; i < processes.size(); ++i) {
        if (by_kinship[i] >= 0 || processes[i].parent != base::Pid::Init) {
            continue;
        }
        if (const int root = root_by_environment(processes[i], roots); root >= 0) {
            all.push_back({processes[i].pid, {}});
            root_of.push_back(root);
        }
    }
    auto owners = assign_trees(processes, all);
    for (auto& owner : owners) {
        owner = owner < 0 ? -1 : root_of[static_cast<std::size_t>(owner)];
    }
    return owners;
}

}  // namespace

std::vector<int> assign_trees(std::span<const ProcessInfo> processes,
                              std::span<const TreeRoot> roots) {
    std::vector<int> owners(processes.size(), -1);
    for (std::size_t r = 0; r < roots.size(); ++r) {
        const auto main =
            std::find_if(processes.begin(), processes.end(), [&](const ProcessInfo& process) {
                return roots[r].pid != base::Pid::None && process.pid == roots[r].pid;
            });
        for (std::size_t i = 0; main != processes.end() && i < processes.size(); ++i) {
            // Before setsid(2) a child is still in PID 1's session, which tells nothing.
            const bool shares = processes[i].session == main->session &&
                                main->session != base::Pid::None &&
                                main->session != base::Pid::Init;
            if (processes[i].pid == main->pid || (shares && owners[i] < 0)) {
                owners[i] = static_cast<int>(r);
            }
        }
    }
    // Parents may be listed behind their children, so only a pass without news is the last.
    for (bool has_news = true; has_news;) {
        has_news = false;
        for (std::size_t i = 0; i < processes.size(); ++i) {
            if (owners[i] >= 0) {
                continue;
            }
            for (std::size_t p = 0; p < processes.size(); ++p) {
                if (owners[p] >= 0 && processes[p].pid == processes[i].parent) {
                    owners[i] = owners[p];
                    has_news = true;
                }
            }
        }
    }
    return owners;
}

std::vector<TreeUsage> tree_usage(std::span<const TreeRoot> roots) {
    std::vector<TreeUsage> usages(roots.size());
    for (auto& usage : usages) {
        usage.descriptors = 0;
    }
    const auto processes = all_processes();
    const auto owners = owners_of(processes, roots);
    const auto booted_at = boot_time();
    for (std::size_t i = 0; i < processes.size(); ++i) {
        if (owners[i] < 0) {
            continue;
        }
        const auto owner = static_cast<std::size_t>(owners[i]);
        add_process(processes[i], usages[owner]);
        if (processes[i].pid == roots[owner].pid) {
            usages[owner].started_at = start_of(processes[i], booted_at);
        }
    }
    return usages;
}

std::vector<ProcessInfo> tree_processes(const TreeRoot& root) {
    auto processes = all_processes();
    const auto owners = owners_of(processes, {&root, 1});
    std::size_t kept = 0;
    for (std::size_t i = 0; i < processes.size(); ++i) {
        if (owners[i] >= 0 && processes[i].is_alive()) {
            processes[kept++] = processes[i];
        }
    }
    processes.resize(kept);
    return processes;
}

std::int64_t boot_time() {
    const auto text = read_file("/proc/stat");
    const auto found = text ? text->find("\nbtime ") : std::string::npos;
    std::int64_t seconds = 0;
    if (found != std::string::npos) {
        std::from_chars(text->data() + found + 7, text->data() + text->size(), seconds);
    }
    return seconds * 1000;
}

std::int64_t start_of(const ProcessInfo& process, std::int64_t booted_at) noexcept {
    return booted_at + static_cast<std::int64_t>(process.start_time * 1000 / ticks_per_second());
}

std::optional<StatUsage> parse_usage(std::string_view stat) noexcept {
    // Behind the name, which may hold anything, the state is field 3; utime, stime, cutime and
    // cstime are 14 to 17, rss is 24.
    const auto close = stat.rfind(')');
    StatUsage usage;
    std::size_t at = close;
    for (int field = 3; at != std::string_view::npos; ++field) {
        at = stat.find_first_not_of(" \n", at + 1);
        if (at == std::string_view::npos) {
            break;
        }
        std::int64_t number = 0;
        const auto parsed = std::from_chars(stat.data() + at, stat.data() + stat.size(), number);
        const bool is_wanted = (field >= 14 && field <= 17) || field == 24;
        if (is_wanted && (parsed.ec != std::errc{} || number < 0)) {
            return std::nullopt;
        }
        if (field == 24) {
            usage.pages = static_cast<std::uint64_t>(number);
            return usage;
        }
        usage.ticks += is_wanted ? static_cast<std::uint64_t>(number) : 0;
        at = stat.find(' ', at);
    }
    return std::nullopt;
}

}  // namespace sys
