// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/pid.hpp"
#include "base/result.hpp"

namespace sys {

/// The decimal digits of a process id and the NUL behind them.
inline constexpr std::size_t kPidDigits = 11;

/// A program with what its process does to itself before execve. All of it is made ready in the
/// parent, because the process must neither allocate nor touch what is not its own.
struct ProgramStart {
    std::vector<std::string> candidates;   ///< paths to try in turn, see program_candidates()
    std::vector<const char*> argv;         ///< one free place, the arguments, nullptr
    std::vector<const char*> environment;  ///< "NAME=value", nullptr
    char* own_pid = nullptr;               ///< kPidDigits that are to hold its own id, or nullptr
    std::uint64_t mask = 0;                ///< the signal mask it gets
    bool ignores_sigchld = false;          ///< it gets SIGCHLD ignored
    bool new_session = false;  ///< with descriptor 0 as its terminal; else a group of its own
    int terminal = -1;         ///< open descriptor of the terminal to take the foreground of, or -1
    std::array<bool, 3> is_closed{};  ///< which of 0, 1, 2 it gets closed
    int report = -1;                  ///< close-on-exec; takes an int, the errno of a failure
    int failure_code = 0;             ///< what it exits with then; 0 = 127 not found, else 126
};

/// Starts it and returns at once. The start is over when the other end of `report` reads the end of
/// the file: execve closed it, or the process wrote the errno there and ended. Until then `start`
/// must live and stay as it is; then call end_start(). Of an error by ENOTDIR in one of several
/// directories only ENOENT is left. Allocation-free.
///
/// Like vfork(2) it copies no memory, which is most of what a fork costs; unlike vfork's, the
/// caller goes on meanwhile, so that a slow disk under execve cannot hold PID 1 up.
[[nodiscard]] base::Result<base::Pid> start_program(ProgramStart& start) noexcept;

/// Undoes what start_program() did to the caller for as long as memory is shared.
void end_start() noexcept;

}  // namespace sys
