// SPDX-License-Identifier: MIT
#include "sys/start_program.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/exit_status.hpp"
#include "sys/raw_call.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"

namespace sys {
namespace {

// The deepest frame below it is that of one system call.
constexpr std::size_t kStackSize = 8 * 1024;
alignas(64) std::array<char, kStackSize> g_stack;

bool g_was_dumpable = false;

template <class T>
long address(T* pointer) {
    return reinterpret_cast<long>(pointer);
}

void write_digits(long number, char* text) {
    char* end = text;
    for (; number > 0; number /= 10) {
        *end++ = static_cast<char>('0' + number % 10);
    }
    *end = '\0';
    std::reverse(text, end);
}

// None of it is needed by the program: what is no terminal, or not ours, stays as it is.
void take_place(const ProgramStart& start) {
    if (start.new_session) {
        raw_call(SYS_setsid);
        raw_call(SYS_ioctl, STDIN_FILENO, TIOCSCTTY, 0);
        return;
    }
    raw_call(SYS_setpgid, 0, 0);
    if (start.terminal >= 0) {
        const int group = static_cast<int>(raw_call(SYS_getpid));
        raw_call(SYS_ioctl, start.terminal, TIOCSPGRP, address(&group));
    }
}

// A script without a first line that names its interpreter: as execvp(3) and each shell do it.
void become_script(ProgramStart& start, const char* path) {
    start.argv[0] = "/bin/sh";
    start.argv[1] = path;
    raw_call(SYS_execve, address(start.argv[0]), address(start.argv.data()),
             address(start.environment.data()));
}

// What says no more than that the program is not in this directory: as execvp(3), and as where the
// directory itself is nonsense.
bool is_elsewhere(long error) {
    return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG ||
           error == ENODEV || error == ESTALE || error == ETIMEDOUT;
}

// The errno that a shell reports by: a match that may not be executed outweighs none at all.
int try_candidates(ProgramStart& start) {
    int error = ENOENT;
    for (const auto& path : start.candidates) {
        const auto result = raw_call(SYS_execve, address(path.c_str()), address(&start.argv[1]),
                                     address(start.environment.data()));
        if (result == -ENOEXEC) {
            become_script(start, path.c_str());
            return ENOEXEC;
        }
        if (start.candidates.size() == 1 || (!is_elsewhere(-result) && result != -EACCES)) {
            return static_cast<int>(-result);
        }
        error = is_elsewhere(-result) ? error : EACCES;
    }
    return error;
}

int become_program(void* argument) {
    auto& start = *static_cast<ProgramStart*>(argument);
    take_place(start);
    if (start.own_pid != nullptr) {
        write_digits(raw_call(SYS_getpid), start.own_pid);
    }
    for (std::size_t fd = 0; fd < start.is_closed.size(); ++fd) {
        if (start.is_closed[fd]) {
            raw_call(SYS_close, static_cast<long>(fd));
        }
    }
    if (start.ignores_sigchld) {
        ignore_sigchld();
    }
    // Last of all: a signal that was forwarded since the start finds the default or an ignored
    // disposition, as it would in the program itself.
    restore_mask(start.mask);
    const int error = try_candidates(start);
    raw_call(SYS_write, start.report, address(&error), sizeof error);
    if (start.failure_code != 0) {
        return start.failure_code;
    }
    return error == ENOENT ? base::kExitNotFound : base::kExitNotExecutable;
}

}  // namespace

base::Result<base::Pid> start_program(ProgramStart& start) noexcept {
    // Before Linux 5.16 a core dump ends every process that shares the memory, and a QUIT may be
    // forwarded before execve is through.
    g_was_dumpable = ::prctl(PR_GET_DUMPABLE) == 1;
    ::prctl(PR_SET_DUMPABLE, 0);
    if constexpr (kSparesErrno) {
        const int pid =
            ::clone(become_program, g_stack.data() + g_stack.size(), CLONE_VM | SIGCHLD, &start);
        if (pid > 0) {
            return base::Pid{pid};
        }
        // An emulator or a filter that knows only how libraries call clone(2) still lets us fork.
    }
    const auto pid = fork_child();
    if (pid && *pid == base::Pid::None) {
        exit_now(become_program(&start));
    }
    return pid;
}

void end_start() noexcept {
    if (g_was_dumpable) {
        ::prctl(PR_SET_DUMPABLE, 1);
    }
}

}  // namespace sys
