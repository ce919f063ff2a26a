// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>

#include <cstdlib>

#include "sys/signals.hpp"
#include "sys/spawn.hpp"
#include "sys/terminal.hpp"
#include "sys_support.hpp"

TEST_CASE("what is no terminal is an ordinary answer") {
    const auto pipe = sys::pipe_cloexec();

    CHECK_FALSE(sys::is_terminal(pipe->read.get()));
    CHECK_FALSE(sys::foreground_group(pipe->read.get()));
    CHECK(sys::set_foreground_group(pipe->read.get(), sys::own_pid()) == false);
    CHECK(sys::set_foreground_group(-1, sys::own_pid()) == false);
    CHECK_FALSE(sys::acquire_terminal(pipe->read.get()));
}

TEST_CASE("a session takes its terminal and hands the foreground to a child and back") {
    const int code = sys_support::exit_code_of([] {
        sys::restore_mask(~std::uint64_t{0});
        const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
        if (!sys::new_session() || master < 0 || ::grantpt(master) != 0 ||
            ::unlockpt(master) != 0) {
            return 1;
        }
        if (sys::open_controlling_terminal()) {
            return 2;
        }
        const sys::UniqueFd slave{::open(::ptsname(master), O_RDWR | O_NOCTTY)};
        if (!sys::acquire_terminal(slave.get())) {
            return 3;
        }
        const auto terminal = sys::open_controlling_terminal();
        if (!terminal || sys::foreground_group(terminal.get()) != sys::own_pid()) {
            return 4;
        }
        const auto child = sys::fork_child();
        if (*child == base::Pid::None) {
            while (::pause() != 0) {
            }
        }
        if (!sys::set_group(*child, *child) ||
            sys::set_foreground_group(terminal.get(), *child) != true ||
            sys::foreground_group(terminal.get()) != *child ||
            sys::set_foreground_group(terminal.get(), sys::own_pid()) != true) {
            return 5;
        }
        static_cast<void>(sys::kill(*child, base::kSigKill));
        ::waitpid(raw(*child), nullptr, 0);
        ::close(master);
        // Hung up now: still no error.
        return sys::set_foreground_group(terminal.get(), sys::own_pid()) == false ? 0 : 6;
    });
    CHECK(code == 0);
}
