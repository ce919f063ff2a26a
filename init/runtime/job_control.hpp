// SPDX-License-Identifier: MIT
#pragma once

#include "core/spec.hpp"
#include "sys/fd.hpp"
#include "sys/reap.hpp"

namespace runtime {

/// The terminal in command mode (DESIGN: the child gets the foreground group). Knows whose turn it
/// is. Allocation-free.
class JobControl {
  public:
    /// `is_init`: we are PID 1, which cannot be stopped, so only the hand-over at the start
    /// applies.
    JobControl(core::Mode mode, const core::CommandSettings& settings, bool is_init);

    /// The terminal the child takes the foreground of, or -1: there is none, or we are in its
    /// background ourselves.
    [[nodiscard]] int terminal() const { return terminal_.get(); }

    /// Gives the controlling terminal up so that the child's new session can have it (dumb-init's
    /// way). The SIGHUP and SIGCONT that the kernel sends for it are ours to swallow, see
    /// swallows().
    void give_up_terminal();

    /// Whether this signal is the kernel's answer to give_up_terminal() and must not reach the
    /// child; each once.
    [[nodiscard]] bool swallows(base::Signal signal);

    /// The child stopped: takes the terminal back, stops this process likewise, and after its
    /// continuation hands the terminal to the child again and continues it.
    void follow_stop(base::Pid child, base::Signal signal);

    /// The child ended: takes the terminal back for whoever started us.
    void take_back();

    /// Whether the reaper has to look for stops as well.
    [[nodiscard]] sys::Watch watch() const {
        return is_init_ ? sys::Watch::Ends : sys::Watch::EndsAndStops;
    }

  private:
    sys::UniqueFd terminal_;
    bool is_init_;
    bool swallows_hangup_ = false;
    bool swallows_continue_ = false;
};

}  // namespace runtime
