// SPDX-License-Identifier: MIT
#include "runtime/service_tree.hpp"

#include <algorithm>

#include "sys/session.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"

namespace runtime {
namespace {

// One look at a time, so one buffer serves every service. A tree larger than this is signalled and
// waited for all the same: by its groups first, and by the looks that follow when these have gone.
constexpr std::size_t kMaxProcesses = 512;

// What is not touched costs no memory.
constexpr std::size_t kMaxTable = 4096;

// A service that forks without end has news in every pass, and PID 1 has more to do.
constexpr int kMaxPasses = 4;

std::array<sys::ProcessInfo, kMaxProcesses>& buffer() {
    static std::array<sys::ProcessInfo, kMaxProcesses> processes;
    return processes;
}

// All processes of one moment; of more than it holds only some.
struct Table {
    std::array<sys::ProcessInfo, kMaxTable> processes{};
    std::size_t count = 0;
    bool is_whole = false;
    bool is_current = false;

    void take() {
        sys::ProcessScan scan;
        is_current = true;
        is_whole = false;
        for (count = 0; count < processes.size(); ++count) {
            const auto process = scan.next();
            if (!process) {
                is_whole = true;
                return;
            }
            processes[count] = *process;
        }
    }
    [[nodiscard]] bool shows_end_of(base::Pid pid) const {
        return std::ranges::any_of(std::span{processes}.first(count), [&](const auto& process) {
            return process.pid == pid && !process.is_alive();
        });
    }
};

// constinit: a constructor at run time would write all of it, and the pages would be ours for good.
constinit Table table;

bool contains(std::span<const base::Pid> pids, base::Pid pid) {
    return std::ranges::find(pids, pid) != pids.end();
}

bool contains(std::span<const sys::ProcessInfo> processes, base::Pid pid) {
    return std::ranges::find(processes, pid, &sys::ProcessInfo::pid) != processes.end();
}

}  // namespace

// Through the table; where it does not hold all, through /proc itself.
class ServiceTree::Walk {
  public:
    Walk() {
        if (!table.is_whole) {
            scan_.emplace();
        }
    }
    [[nodiscard]] std::optional<sys::ProcessInfo> next() {
        if (scan_) {
            return scan_->next();
        }
        return position_ < table.count ? std::optional{table.processes[position_++]} : std::nullopt;
    }

  private:
    std::optional<sys::ProcessScan> scan_;
    std::size_t position_ = 0;
};

ServiceTree::ServiceTree(std::string_view service_name) : marker_{"PIDONE_SERVICE="} {
    marker_ += service_name;
}

void ServiceTree::begin(base::Pid leader) {
    leader_ = leader;
    leader_lives_ = leader != base::Pid::None;
    is_over_ = false;
    id_count_ = 0;
    if (leader_lives_) {
        table.count = 0;  // somebody else may have had this number then
        expire_looks();
    }
    learn(leader);
}

bool ServiceTree::knows(base::Pid id) const {
    const auto known = std::span{ids_}.first(id_count_);
    return std::ranges::find(known, id) != known.end();
}

void ServiceTree::learn(base::Pid id) {
    // A child is in our own session and group until its setsid: 0 or 1 for a PID 1, but those of
    // whoever started us for a subreaper, and nothing else in them is the service's.
    const bool is_ours = base::raw(id) <= 1 || id == sys::own_group() || id == sys::own_session();
    if (!is_ours && !knows(id) && id_count_ < ids_.size()) {
        ids_[id_count_++] = id;
    }
}

void ServiceTree::forget(base::Pid id) {
    const auto known = std::span{ids_}.first(id_count_);
    const auto found = std::ranges::find(known, id);
    if (found != known.end()) {
        *found = known.back();
        --id_count_;
    }
}

bool ServiceTree::belongs(const sys::ProcessInfo& process,
                          std::span<const sys::ProcessInfo> found) const {
    const bool is_near = leader_lives_ && (process.pid == leader_ || process.parent == leader_);
    return is_near || knows(process.session) || knows(process.group) ||
           contains(found, process.parent) ||
           (process.parent == sys::own_pid() && sys::environ_has(process.pid, marker_));
}

void ServiceTree::expire_looks() {
    table.is_current = false;
}

// What was seen when the leader was dead but not reaped stays true enough: nobody has joined the
// service since but children of whom it showed.
void ServiceTree::refresh() const {
    if (!table.is_current && !(leader_lives_ && table.shows_end_of(leader_))) {
        table.take();
    }
}

// The next one that is not found yet.
std::optional<sys::ProcessInfo> ServiceTree::next_member(Walk& walk,
                                                         std::span<const base::Pid> ignored,
                                                         std::span<const sys::ProcessInfo> found) {
    const auto self = sys::own_pid();
    while (const auto process = walk.next()) {
        if (!process->is_alive()) {
            continue;
        }
        if (process->pid == leader_ && !leader_lives_) {
            // Numbers are given out again once neither a session nor a group has them.
            forget(leader_);
        }
        if (process->pid != self && !contains(found, process->pid) &&
            !contains(ignored, process->pid) && !contains(ignored, process->group) &&
            belongs(*process, found)) {
            learn(process->session);
            learn(process->group);
            return process;
        }
    }
    return std::nullopt;
}

std::span<const sys::ProcessInfo> ServiceTree::look(std::span<const base::Pid> ignored) {
    auto& processes = buffer();
    std::size_t count = 0;
    if (leader_ == base::Pid::None) {
        return {};
    }
    refresh();
    // A child may stand before its parent in /proc, so one pass may not find everything.
    for (int pass = 0; pass < kMaxPasses; ++pass) {
        const auto before = count;
        Walk walk;
        while (const auto member = next_member(walk, ignored, std::span{processes}.first(count))) {
            if (count < processes.size()) {
                processes[count++] = *member;
            }
        }
        if (count == before || count == processes.size()) {
            break;
        }
    }
    is_over_ = count == 0 && leader_lives_ && table.shows_end_of(leader_);
    return std::span{processes}.first(count);
}

bool ServiceTree::is_empty(std::span<const base::Pid> ignored) {
    if (!sys::proc_is_available()) {
        // EPERM is a group of another user, and not an empty one.
        constexpr int kNoSuchProcess = 3;
        const auto asked = sys::kill_group(leader_, base::Signal::None);
        return leader_ == base::Pid::None || (!asked && asked.error().code == kNoSuchProcess);
    }
    if (leader_ == base::Pid::None || is_over_) {
        return true;
    }
    refresh();
    Walk walk;
    return !next_member(walk, ignored, {});
}

}  // namespace runtime
