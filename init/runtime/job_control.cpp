// SPDX-License-Identifier: MIT
#include "runtime/job_control.hpp"

#include "sys/session.hpp"
#include "sys/signals.hpp"
#include "sys/terminal.hpp"

namespace runtime {

JobControl::JobControl(core::Mode mode, const core::CommandSettings& settings, bool is_init)
    : is_init_{is_init} {
    if (mode == core::Mode::Service) {
        return;
    }
    terminal_ = sys::open_controlling_terminal();
    // A background job must not take the terminal from the foreground; a PID 1 whose terminal has
    // no foreground group yet (docker run -it) may.
    const auto foreground = terminal_ ? sys::foreground_group(terminal_.get()) : std::nullopt;
    if (foreground && *foreground != sys::own_group() && !is_init_ && !settings.new_session) {
        terminal_.reset();
    }
}

void JobControl::give_up_terminal() {
    if (!terminal_) {
        return;
    }
    // Only a session leader's TIOCNOTTY makes the kernel hang up the foreground group, which we are
    // in.
    swallows_hangup_ = swallows_continue_ = sys::is_session_leader();
    sys::release_terminal(terminal_.get());
}

bool JobControl::swallows(base::Signal signal) {
    if (signal == base::kSigHup && swallows_hangup_) {
        swallows_hangup_ = false;
        return true;
    }
    if (signal == base::kSigCont && swallows_continue_) {
        swallows_continue_ = false;
        return true;
    }
    return false;
}

void JobControl::follow_stop(base::Pid child, base::Signal signal) {
    take_back();
    sys::raise_default(signal);
    // Continued again, or the kernel refused (an orphaned group cannot be stopped from the
    // keyboard).
    if (terminal_ && sys::foreground_group(terminal_.get()) == sys::own_group()) {
        static_cast<void>(sys::set_foreground_group(terminal_.get(), child));
    }
    static_cast<void>(sys::kill_group(child, base::kSigCont));
}

void JobControl::take_back() {
    if (terminal_ && !is_init_) {
        static_cast<void>(sys::set_foreground_group(terminal_.get(), sys::own_group()));
    }
}

}  // namespace runtime
