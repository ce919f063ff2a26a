// SPDX-License-Identifier: MIT
#include "sys/reap.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace sys {
namespace {

// Without a child waitid leaves the structure as it was, hence the zeroed si_pid.
bool peek(idtype_t type, base::Pid pid, int options, siginfo_t& info) noexcept {
    info = {};
    int result = 0;
    do {
        result = ::waitid(type, static_cast<id_t>(raw(pid)), &info, options);
    } while (result != 0 && errno == EINTR);
    return result == 0 && info.si_pid != 0;
}

Exited describe(const siginfo_t& info) noexcept {
    Exited child;
    child.pid = base::Pid{info.si_pid};
    child.uid = info.si_uid;
    switch (info.si_code) {
    case CLD_STOPPED:
    case CLD_TRAPPED:
        child.kind = Exited::Kind::Stopped;
        child.stop_signal = base::Signal{info.si_status & 0x7f};
        break;
    case CLD_CONTINUED:
        child.kind = Exited::Kind::Continued;
        break;
    case CLD_KILLED:
    case CLD_DUMPED:
        child.status = base::ExitStatus::killed(base::Signal{info.si_status & 0x7f},
                                                info.si_code == CLD_DUMPED);
        break;
    default:
        child.status = base::ExitStatus::exited(info.si_status & 0xff);
        break;
    }
    return child;
}

}  // namespace

std::optional<Exited> peek_child(Watch watch) noexcept {
    // Clone children (__WALL) too: what a tracer or an odd runtime leaves to us must not stay.
    int options = WEXITED | WNOHANG | WNOWAIT | __WALL;
    siginfo_t info;
    if (peek(P_ALL, base::Pid::None, options, info)) {
        return describe(info);
    }
    if (watch == Watch::EndsAndStops) {
        options = WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT | __WALL;
        if (peek(P_ALL, base::Pid::None, options, info)) {
            return describe(info);
        }
    }
    return std::nullopt;
}

bool reap(base::Pid pid) noexcept {
    siginfo_t info;
    return peek(P_PID, pid, WEXITED | WNOHANG | __WALL, info);
}

bool take_stop(base::Pid pid) noexcept {
    siginfo_t info;
    return peek(P_PID, pid, WSTOPPED | WCONTINUED | WNOHANG | __WALL, info);
}

bool has_children() noexcept {
    siginfo_t info{};
    const int result = ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL);
    return result == 0 || errno != ECHILD;
}

base::Result<void> become_subreaper() noexcept {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) != 0) {
        return base::unexpected{base::Errno{"prctl(PR_SET_CHILD_SUBREAPER)", errno}};
    }
    return {};
}

base::Result<void> set_parent_death_signal(base::Signal signal, base::Pid parent) noexcept {
    const auto number = static_cast<unsigned long>(raw(signal));
    if (::prctl(PR_SET_PDEATHSIG, number, 0UL, 0UL, 0UL) != 0) {
        return base::unexpected{base::Errno{"prctl(PR_SET_PDEATHSIG)", errno}};
    }
    if (::getppid() != raw(parent)) {
        return base::unexpected{base::Errno{"getppid", ESRCH}};
    }
    return {};
}

}  // namespace sys
