// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "base/exit_status.hpp"
#include "base/pid.hpp"
#include "base/result.hpp"

/// The one reaper. Two steps, so that the ids of a dead process stay reserved while its group is
/// signalled: peek, act, reap. Everything here is allocation-free and never blocks.
namespace sys {

/// What happened to a child, as waitid(2) tells it.
struct Exited {
    enum class Kind { Ended, Stopped, Continued };
    base::Pid pid = base::Pid::None;
    Kind kind = Kind::Ended;
    base::ExitStatus status = base::ExitStatus::exited(0);  ///< Kind::Ended
    base::Signal stop_signal{};                             ///< Kind::Stopped
    std::uint32_t uid = 0;                                  ///< real user id of the child
};

/// Which changes peek_child() looks for.
enum class Watch {
    Ends,          ///< deaths only
    EndsAndStops,  ///< also stops and continues, for job control
};

/// A child that has something to tell, without taking it (WNOWAIT): an ended one stays a zombie and
/// is returned again until reap(); a stop or continuation stays until take_stop(). Empty when there
/// is none now, or no child at all.
[[nodiscard]] std::optional<Exited> peek_child(Watch watch) noexcept;

/// Takes the zombie `pid` away. False when it was none.
bool reap(base::Pid pid) noexcept;

/// Takes the stop or continuation that peek_child() showed for `pid`.
bool take_stop(base::Pid pid) noexcept;

/// Whether any child is left, zombies included (waitid's ECHILD means none).
[[nodiscard]] bool has_children() noexcept;

/// Makes orphans below this process its children (PR_SET_CHILD_SUBREAPER).
[[nodiscard]] base::Result<void> become_subreaper() noexcept;

/// Asks for `signal` when the parent dies (PR_SET_PDEATHSIG). ESRCH when the parent is no longer
/// `parent` afterwards: then it died before this call and the signal will not come.
[[nodiscard]] base::Result<void> set_parent_death_signal(base::Signal signal,
                                                         base::Pid parent) noexcept;

}  // namespace sys
