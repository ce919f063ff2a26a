// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cerrno>

#include "sys/reap.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"
#include "sys_support.hpp"

using base::ExitStatus;
using base::Pid;
using sys::Exited;
using sys::Watch;

namespace {

Pid start_sleeper() {
    const auto child = sys::fork_child();
    if (*child == Pid::None) {
        sys::reset_dispositions();
        sys::restore_mask(0);
        ::alarm(20);
        while (::pause() != 0) {
        }
    }
    return *child;
}

}  // namespace

TEST_CASE("an ended child is shown until it is reaped, and reaped once") {
    const auto child = sys::fork_child();
    if (*child == Pid::None) {
        sys::exit_now(7);
    }
    sys_support::wait_for_zombie(raw(*child));

    const auto first = sys::peek_child(Watch::Ends);
    const auto second = sys::peek_child(Watch::EndsAndStops);

    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->pid == *child);
    CHECK(first->kind == Exited::Kind::Ended);
    CHECK(first->status == ExitStatus::exited(7));
    CHECK(first->uid == ::getuid());
    CHECK(second->pid == *child);
    CHECK(sys::has_children());
    CHECK(sys::reap(*child));
    CHECK_FALSE(sys::reap(*child));
    CHECK_FALSE(sys::peek_child(Watch::Ends));
    CHECK_FALSE(sys::has_children());
}

TEST_CASE("a child that a signal ended is told with the signal") {
    const Pid child = start_sleeper();
    REQUIRE(sys::kill(child, base::kSigKill));
    sys_support::wait_for_zombie(raw(child));

    const auto ended = sys::peek_child(Watch::Ends);

    REQUIRE(ended);
    CHECK(ended->status == ExitStatus::killed(base::kSigKill));
    CHECK(sys::reap(child));
}

TEST_CASE("stops and continuations are shown only when they are asked for") {
    const Pid child = start_sleeper();
    REQUIRE(sys::kill(child, base::kSigStop));
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(raw(child)), &info, WSTOPPED | WNOWAIT) == 0);

    CHECK_FALSE(sys::peek_child(Watch::Ends));
    const auto stopped = sys::peek_child(Watch::EndsAndStops);
    REQUIRE(stopped);
    CHECK(stopped->kind == Exited::Kind::Stopped);
    CHECK(stopped->stop_signal == base::kSigStop);
    CHECK(sys::take_stop(child));
    CHECK_FALSE(sys::peek_child(Watch::EndsAndStops));

    REQUIRE(sys::kill(child, base::kSigCont));
    REQUIRE(::waitid(P_PID, static_cast<id_t>(raw(child)), &info, WCONTINUED | WNOWAIT) == 0);
    const auto continued = sys::peek_child(Watch::EndsAndStops);
    REQUIRE(continued);
    CHECK(continued->kind == Exited::Kind::Continued);
    CHECK(sys::take_stop(child));

    REQUIRE(sys::kill(child, base::kSigKill));
    sys_support::wait_for_zombie(raw(child));
    CHECK(sys::reap(child));
}

TEST_CASE("a parent that died before the request is noticed") {
    const int code = sys_support::exit_code_of([] {
        const auto wrong = sys::set_parent_death_signal(base::kSigTerm, sys::own_pid());
        const auto right = sys::set_parent_death_signal(base::kSigTerm, sys::parent_pid());
        return !wrong && wrong.error().code == ESRCH && right ? 0 : 1;
    });
    CHECK(code == 0);
}

TEST_CASE("a subreaper gets the orphans below it") {
    const int code = sys_support::exit_code_of([] {
        if (!sys::become_subreaper()) {
            return 1;
        }
        auto alive = sys::pipe_cloexec();
        const auto child = sys::fork_child();
        if (*child == Pid::None) {
            if (*sys::fork_child() == Pid::None) {
                // Ends only after its parent has: that held the other end of the pipe.
                alive->write.reset();
                char byte = 0;
                static_cast<void>(!::read(alive->read.get(), &byte, 1));
                sys::exit_now(9);
            }
            sys::exit_now(3);
        }
        alive->write.reset();
        int sum = 0;
        siginfo_t info{};
        while (::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0) {
            const auto ended = sys::peek_child(Watch::Ends);
            sum += ended->status.code();
            sys::reap(ended->pid);
        }
        return sum;
    });
    CHECK(code == 12);
}
