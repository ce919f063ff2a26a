// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/pid.hpp"
#include "base/result.hpp"
#include "runtime/listeners.hpp"
#include "runtime/log_pump.hpp"
#include "runtime/reload_plan.hpp"
#include "runtime/scheduler.hpp"
#include "sys/fd.hpp"
#include "sys/notify.hpp"

namespace runtime {

/// Reads and checks the files of a run once more, as at its start and beyond. It is called in a
/// child of PID 1, so it may block, allocate and write to standard error.
class SpecLoader {
  public:
    SpecLoader() = default;
    SpecLoader(const SpecLoader&) = delete;
    SpecLoader& operator=(const SpecLoader&) = delete;
    virtual ~SpecLoader() = default;

    /// The error is what is wrong, for people, in whole lines that standard error has got already.
    /// What is the same in `present` is there and runs, so it is not looked at again.
    [[nodiscard]] virtual base::Result<core::Spec, std::string> load(
        const core::Spec& present) const = 0;
};

/// A reload on its way; there is never more than one.
struct Reload {
    enum class Phase {
        None,
        Reading,   ///< a child reads the files
        Stopping,  ///< what changes or goes is on its way down
    };
    /// What takes over, and all that it needs: whatever could fail has been done.
    struct Next {
        core::Spec spec;
        ReloadPlan plan;
        Listeners listeners;
        Scheduler scheduler;
        LogPump log_pump;
        std::vector<std::pair<core::ServiceId, sys::NotifySocket>> notify;  ///< those to come
    };
    Phase phase = Phase::None;
    base::Pid loader = base::Pid::None;  ///< the child, until its end
    sys::UniqueFd image;                 ///< what it writes
    bool is_due_again = false;           ///< HUP came meanwhile
    std::unique_ptr<Next> next{};        ///< Phase::Stopping
};

}  // namespace runtime
