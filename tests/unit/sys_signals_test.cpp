// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sys/process.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"
#include "sys_support.hpp"

using base::Signal;
using sys_support::exit_code_of;

namespace {

std::uint64_t current_mask() {
    std::uint64_t mask = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_BLOCK, nullptr, &mask, sizeof mask);
    return mask;
}

// KILL and STOP are what the kernel never blocks.
constexpr std::uint64_t kAllBlocked = ~((std::uint64_t{1} << 8) | (std::uint64_t{1} << 18));

// Read by a constructor of a global, which is as early as C++ gets.
const std::uint64_t g_mask_in_constructor = current_mask();

}  // namespace

TEST_CASE("every signal is blocked before the first constructor runs") {
    CHECK(g_mask_in_constructor == kAllBlocked);
}

TEST_CASE("a signal is read with its sender") {
    const int code = exit_code_of([] {
        sys::restore_mask(~std::uint64_t{0});
        const auto fd = sys::open_signal_fd();
        if (!fd || !sys::kill(sys::own_pid(), base::kSigTerm)) {
            return 1;
        }
        const auto signal = sys::read_signal(fd->get());
        if (!signal || !*signal || (*signal)->signal != base::kSigTerm) {
            return 2;
        }
        return (*signal)->sender == sys::own_pid() && !(*signal)->has_value ? 0 : 3;
    });
    CHECK(code == 0);
}

TEST_CASE("real-time signals arrive all, in order and with their values") {
    const int code = exit_code_of([] {
        sys::restore_mask(~std::uint64_t{0});
        const auto fd = sys::open_signal_fd();
        for (std::uint64_t value = 1; value <= 50; ++value) {
            if (!sys::queue(sys::own_pid(), Signal{40}, value << 33 | value)) {
                return 1;
            }
        }
        for (std::uint64_t value = 1; value <= 50; ++value) {
            const auto signal = sys::read_signal(fd->get());
            if (!signal || !*signal || !(*signal)->has_value ||
                (*signal)->value != (value << 33 | value) || (*signal)->code != SI_QUEUE) {
                return 2;
            }
        }
        return sys::read_signal(fd->get())->has_value() ? 3 : 0;
    });
    CHECK(code == 0);
}

TEST_CASE("the two signals that glibc keeps for itself are received like any other") {
    for (const int number : {32, 33}) {
        CAPTURE(number);
        const int code = exit_code_of([number] {
            sys::restore_mask(~std::uint64_t{0});
            const auto fd = sys::open_signal_fd();
            ::syscall(SYS_kill, ::getpid(), number);
            const auto signal = sys::read_signal(fd->get());
            return signal && *signal && raw((*signal)->signal) == number ? 0 : 1;
        });
        CHECK(code == 0);
    }
}

TEST_CASE("ids that kill(2) reads as several processes are refused") {
    CHECK(sys::kill(base::Pid::None, Signal::None).error().code == EINVAL);
    CHECK(sys::kill(base::Pid{-1}, Signal::None).error().code == EINVAL);
    CHECK(sys::kill_group(base::Pid::None, Signal::None).error().code == EINVAL);
    CHECK(sys::kill_group(base::Pid::Init, Signal::None).error().code == EINVAL);
    CHECK(sys::queue(base::Pid::None, Signal{40}, 0).error().code == EINVAL);
}

TEST_CASE("an inherited ignore of SIGCHLD is undone and told") {
    const int code = exit_code_of([] {
        sys::ignore_sigchld();
        return sys::take_sigchld_default() && !sys::take_sigchld_default() ? 0 : 1;
    });
    CHECK(code == 0);
}

TEST_CASE("after the reset no signal is ignored, 32 to 64 included") {
    const int code = exit_code_of([] {
        for (const int number : {1, 2, 13, 17, 34, 64}) {
            ::signal(number, SIG_IGN);
        }
        sys::reset_dispositions();
        const auto status = sys::read_file("/proc/self/status", 1 << 16);
        return status->find("SigIgn:\t0000000000000000") != std::string::npos ? 0 : 1;
    });
    CHECK(code == 0);
}

TEST_CASE("raising the default action ends the process as the signal does") {
    const pid_t pid = ::fork();
    if (pid == 0) {
        sys::raise_default(base::kSigTerm);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);

    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGTERM);
}
