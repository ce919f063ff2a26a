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

/// Words one report of the core as one line: subject, what happened, what happens next.
/// Allocation-free.
void say(const core::Report& report, const core::Spec& spec, const DeathNote& note,
         logging::Logger& log);

}  // namespace runtime
