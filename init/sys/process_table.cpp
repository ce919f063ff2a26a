// SPDX-License-Identifier: MIT
#include "sys/process_table.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <span>

namespace sys {
namespace {

// The kernel's struct linux_dirent64 (getdents64(2)); the name follows the header.
constexpr std::size_t kLengthOffset = 16;
constexpr std::size_t kNameOffset = 19;

template <class Number>
bool parse_number(std::string_view text, Number& number) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

std::string_view take_field(std::string_view& text) noexcept {
    const auto begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) {
        text = {};
        return {};
    }
    text.remove_prefix(begin);
    const auto field = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(field.size());
    return field;
}

bool take_pid(std::string_view& text, base::Pid& pid) noexcept {
    int number = 0;
    if (!parse_number(take_field(text), number)) {
        return false;
    }
    // -1 stands for "none" in some fields, and 0 for "outside this namespace".
    pid = base::Pid{std::max(number, 0)};
    return true;
}

UniqueFd open_of(base::Pid pid, const char* file) noexcept {
    std::array<char, 40> path{};
    std::snprintf(path.data(), path.size(), "/proc/%d/%s", raw(pid), file);
    return UniqueFd{::open(path.data(), O_RDONLY | O_CLOEXEC)};
}

UniqueFd open_table() noexcept {
    return UniqueFd{proc_is_available() ? ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1};
}

ssize_t read_some(int fd, std::span<char> buffer) noexcept {
    ssize_t got = 0;
    do {
        got = ::read(fd, buffer.data(), buffer.size());
    } while (got < 0 && errno == EINTR);
    return got;
}

// Asked of a /proc that is known to be ours.
std::optional<ProcessInfo> read_stat(base::Pid pid) noexcept {
    const UniqueFd stat = open_of(pid, "stat");
    std::array<char, 1024> buffer;
    const ssize_t got = stat ? read_some(stat.get(), buffer) : -1;
    if (got <= 0) {
        return std::nullopt;
    }
    return parse_stat({buffer.data(), static_cast<std::size_t>(got)});
}

// Compares the entries of an environ file, which arrive in pieces, with one wanted entry.
class EntryMatcher {
  public:
    explicit EntryMatcher(std::string_view wanted) noexcept : wanted_{wanted} {}

    bool feed(std::string_view piece) noexcept {
        for (const char byte : piece) {
            if (byte == '\0') {
                if (matches_ && length_ == wanted_.size()) {
                    return true;
                }
                matches_ = true;
                length_ = 0;
                continue;
            }
            matches_ = matches_ && length_ < wanted_.size() && wanted_[length_] == byte;
            ++length_;
        }
        return false;
    }

  private:
    std::string_view wanted_;
    std::size_t length_ = 0;
    bool matches_ = true;
};

}  // namespace

std::optional<ProcessInfo> parse_stat(std::string_view text) noexcept {
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
        return std::nullopt;
    }
    ProcessInfo process;
    auto before = text.substr(0, open);
    if (!take_pid(before, process.pid) || process.pid == base::Pid::None) {
        return std::nullopt;
    }
    const auto name = text.substr(open + 1, close - open - 1);
    std::copy_n(name.begin(), std::min(name.size(), process.comm.size() - 1), process.comm.begin());

    auto rest = text.substr(close + 1);
    const auto state = take_field(rest);
    if (state.size() != 1 || !take_pid(rest, process.parent) || !take_pid(rest, process.group) ||
        !take_pid(rest, process.session)) {
        return std::nullopt;
    }
    process.state = state.front();
    // Fields 7 to 19 lie between the session and num_threads, which is field 20; starttime is 22.
    for (int field = 7; field < 20; ++field) {
        static_cast<void>(take_field(rest));
    }
    if (!parse_number(take_field(rest), process.threads)) {
        return std::nullopt;
    }
    static_cast<void>(take_field(rest));
    if (!parse_number(take_field(rest), process.start_time)) {
        return std::nullopt;
    }
    return process;
}

bool proc_is_available() noexcept {
    std::array<char, 16> link{};
    const ssize_t length = ::readlink("/proc/self", link.data(), link.size());
    int pid = 0;
    // A /proc of another PID namespace shows another number, or none.
    return length > 0 &&
           parse_number(std::string_view{link.data(), static_cast<std::size_t>(length)}, pid) &&
           pid == ::getpid();
}

std::optional<ProcessInfo> read_process(base::Pid pid) noexcept {
    return proc_is_available() ? read_stat(pid) : std::nullopt;
}

ProcessScan::ProcessScan() noexcept : proc_{open_table()} {}

bool ProcessScan::fill() noexcept {
    position_ = 0;
    size_ = 0;
    if (!proc_) {
        return false;
    }
    const long got = ::syscall(SYS_getdents64, proc_.get(), buffer_.data(), buffer_.size());
    if (got <= 0) {
        return false;
    }
    size_ = static_cast<std::size_t>(got);
    return true;
}

std::optional<ProcessInfo> ProcessScan::next() noexcept {
    while (position_ < size_ || fill()) {
        const char* entry = buffer_.data() + position_;
        std::uint16_t length = 0;
        std::memcpy(&length, entry + kLengthOffset, sizeof length);
        position_ += length;
        int number = 0;
        if (parse_number(std::string_view{entry + kNameOffset}, number) && number > 0) {
            if (const auto process = read_stat(base::Pid{number})) {
                return process;
            }
        }
    }
    return std::nullopt;
}

void ProcessScan::rewind() noexcept {
    position_ = 0;
    size_ = 0;
    if (proc_) {
        ::lseek(proc_.get(), 0, SEEK_SET);
    }
}

DescendantScan::DescendantScan(base::Pid ancestor) noexcept {
    known_[known_count_++] = ancestor;
}

bool DescendantScan::is_known(base::Pid pid) const noexcept {
    const auto end = known_.begin() + static_cast<std::ptrdiff_t>(known_count_);
    return std::find(known_.begin(), end, pid) != end;
}

std::optional<ProcessInfo> DescendantScan::next() noexcept {
    for (;;) {
        while (const auto process = scan_.next()) {
            if (known_count_ < kMaxKnown && is_known(process->parent) && !is_known(process->pid)) {
                known_[known_count_++] = process->pid;
                found_new_ = true;
                return process;
            }
        }
        // Ids are not given out in the order of the tree, so a child can be listed before its
        // parent was known: only a pass without news is the last.
        if (!found_new_) {
            return std::nullopt;
        }
        found_new_ = false;
        scan_.rewind();
    }
}

bool is_descendant_of(base::Pid pid, base::Pid ancestor) noexcept {
    // The bound is for a table that changes while it is climbed: no real tree is that deep.
    for (int depth = 0; depth < 1000 && pid != base::Pid::None; ++depth) {
        if (pid == ancestor) {
            return true;
        }
        const auto process = read_process(pid);
        if (!process) {
            return false;
        }
        pid = process->parent;
    }
    return false;
}

bool environ_has(base::Pid pid, std::string_view name_value) noexcept {
    const UniqueFd environment = proc_is_available() ? open_of(pid, "environ") : UniqueFd{};
    if (!environment) {
        return false;
    }
    EntryMatcher matcher{name_value};
    std::array<char, 1024> buffer;
    for (;;) {
        const ssize_t got = read_some(environment.get(), buffer);
        if (got <= 0) {
            return false;
        }
        if (matcher.feed({buffer.data(), static_cast<std::size_t>(got)})) {
            return true;
        }
    }
}

base::Duration age_of(const ProcessInfo& process) noexcept {
    timespec uptime{};
    ::clock_gettime(CLOCK_BOOTTIME, &uptime);
    const auto ticks = static_cast<std::uint64_t>(std::max(::sysconf(_SC_CLK_TCK), 1L));
    const auto started = static_cast<std::int64_t>(process.start_time * 1000 / ticks);
    const auto now = std::int64_t{uptime.tv_sec} * 1000 + uptime.tv_nsec / 1'000'000;
    return base::Duration{std::max<std::int64_t>(now - started, 0)};
}

}  // namespace sys
