// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/spec.hpp"
#include "runtime/child_error.hpp"
#include "sys/start_program.hpp"

namespace runtime {

/// `entries` (as in environ(7)) with LISTEN_PID naming another process where it named `init`, so
/// that socket activation goes through to the program (sd_listen_fds(3)). That entry is then
/// `listen_pid`, which gets sys::kPidDigits of room at the end; else `listen_pid` becomes empty.
[[nodiscard]] std::vector<const char*> handed_on_environment(const char* const* entries, int init,
                                                             std::string& listen_pid);

/// The program of command mode, which gets all that pidone was started with: environment,
/// descriptors, signal mask and dispositions.
class Program {
  public:
    /// `service` must outlive it.
    Program(const core::ServiceSpec& service, const core::CommandSettings& command,
            bool sigchld_was_ignored, const std::array<bool, 3>& closed_standard);

    /// Starts it; `terminal` is an open descriptor of the controlling terminal or -1, `report` the
    /// close-on-exec end of a pipe: see sys::start_program(). Allocation-free.
    [[nodiscard]] base::Result<base::Pid> start(int terminal, int report) noexcept;

    /// What is to be said when it reported `error_number`.
    [[nodiscard]] ChildError failure(int error_number) const;

  private:
    const core::ServiceSpec& service_;
    const core::CommandSettings& command_;
    std::string search_path_;
    std::string listen_pid_;
    sys::ProgramStart start_;
};

}  // namespace runtime
