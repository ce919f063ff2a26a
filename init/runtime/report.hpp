// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/event.hpp"
#include "log/log.hpp"

namespace runtime {

/// What only the runtime knows about a death: whose it was, and how many processes the kernel
/// killed for want of memory since the last one.
struct DeathNote {
    base::Pid pid = base::Pid::None;  ///< the main process, also while it lives
    std::uint64_t oom_kills = 0;
};

/// What we end a service for, in the words of its line: "not ready after 5s (ready-timeout)"; ""
/// for every other report.
[[nodiscard]] base::Text fault_text(const core::Report& report);

/// Words one report of the core as one line: subject, what happened, what happens next.
/// Allocation-free.
void say(const core::Report& report, const core::Spec& spec, const DeathNote& note,
         logging::Logger& log);

}  // namespace runtime
