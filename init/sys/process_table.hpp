// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/duration.hpp"
#include "base/pid.hpp"
#include "sys/fd.hpp"

/// The processes of this PID namespace, out of /proc (proc_pid_stat(5)). Everything here is
/// allocation-free: raw getdents64 and buffers inside the objects.
namespace sys {

/// One process. Ids are those of this namespace.
struct ProcessInfo {
    base::Pid pid = base::Pid::None;
    base::Pid parent = base::Pid::None;
    base::Pid group = base::Pid::None;
    base::Pid session = base::Pid::None;
    char state = '\0';             ///< R S D T t Z X I
    int threads = 0;               ///< the first one counts until the process is reaped
    std::uint64_t start_time = 0;  ///< clock ticks after boot
    std::array<char, 64> comm{};   ///< its name, NUL-terminated; 15 characters for a user's process

    /// Whether it still runs: neither a zombie nor dead. The state is that of the first thread,
    /// which the others may outlive.
    [[nodiscard]] bool is_alive() const noexcept {
        return (state != 'Z' || threads > 1) && state != 'X';
    }
    [[nodiscard]] std::string_view name() const noexcept { return comm.data(); }
};

/// Reads the text of /proc/PID/stat. The name may hold spaces, parentheses and newlines, so it ends
/// at the last ')'. Empty for any other text. Pure.
[[nodiscard]] std::optional<ProcessInfo> parse_stat(std::string_view text) noexcept;

/// Whether /proc is mounted and shows this very PID namespace.
[[nodiscard]] bool proc_is_available() noexcept;

/// One process; empty when it is gone or hidden, and without a /proc of this PID namespace.
[[nodiscard]] std::optional<ProcessInfo> read_process(base::Pid pid) noexcept;

/// Walks all processes once. Empty when proc_is_available() is false as it begins: the numbers of
/// another namespace name other processes here. A process that appears or ends meanwhile may be
/// seen or not.
class ProcessScan {
  public:
    ProcessScan() noexcept;
    [[nodiscard]] std::optional<ProcessInfo> next() noexcept;
    /// Begins again from the first process.
    void rewind() noexcept;

  private:
    [[nodiscard]] bool fill() noexcept;

    UniqueFd proc_;
    std::size_t position_ = 0;
    std::size_t size_ = 0;
    alignas(8) std::array<char, 4096> buffer_;
};

/// Walks every descendant of a process, each once, parents before their children; the process
/// itself is not among them. It scans /proc until one whole pass shows nothing new. It remembers
/// 4096 of them (16 KiB inside the object); of a larger tree the rest is found by the next walk,
/// after those above have ended and the orphans have come up.
class DescendantScan {
  public:
    explicit DescendantScan(base::Pid ancestor) noexcept;
    [[nodiscard]] std::optional<ProcessInfo> next() noexcept;

  private:
    [[nodiscard]] bool is_known(base::Pid pid) const noexcept;

    static constexpr std::size_t kMaxKnown = 4096;
    ProcessScan scan_;
    std::array<base::Pid, kMaxKnown> known_;
    std::size_t known_count_ = 0;
    bool found_new_ = false;
};

/// Whether `pid` has `ancestor` among its parents (or is it). Follows /proc/PID/stat upwards.
[[nodiscard]] bool is_descendant_of(base::Pid pid, base::Pid ancestor) noexcept;

/// Whether the initial environment of `pid` (/proc/PID/environ) has the exact entry `name_value`,
/// "NAME=value". False when it may not be read, and without a /proc of this PID namespace.
/// `name_value` is at most 256 bytes.
[[nodiscard]] bool environ_has(base::Pid pid, std::string_view name_value) noexcept;

/// How long a process has been running.
[[nodiscard]] base::Duration age_of(const ProcessInfo& process) noexcept;

}  // namespace sys
