// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/syscall.h>

#include <cstdlib>
#include <vector>

#include "sys/process_table.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"
#include "sys_support.hpp"

using base::Pid;

TEST_CASE("a name with spaces, parentheses and a newline does not shift the fields") {
    const auto process = sys::parse_stat(
        "42 (a) R 1 (b\nc) S 7 8 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 99 1 2 3\n");

    REQUIRE(process);
    CHECK(process->pid == Pid{42});
    CHECK(process->name() == "a) R 1 (b\nc");
    CHECK(process->state == 'S');
    CHECK(process->parent == Pid{7});
    CHECK(process->group == Pid{8});
    CHECK(process->session == Pid{9});
    CHECK(process->start_time == 123456);
}

TEST_CASE("what is no stat line is no process") {
    for (const char* text : {"", "42", "42 (a", "42 a) S 1 2 3", "x (a) S 1 2 3", "42 (a) SS 1 2 3",
                             "42 (a) S 1 2", "42 )a( S 1 2 3", "-1 (a) S 1 2 3"}) {
        CAPTURE(text);
        CHECK_FALSE(sys::parse_stat(text));
    }
}

TEST_CASE("a session of -1 counts as none") {
    const auto process =
        sys::parse_stat("2 (kthreadd) I 0 -1 -1 0 -1 1 1 2 3 4 5 6 7 8 20 0 1 0 5 0\n");

    REQUIRE(process);
    CHECK(process->session == Pid::None);
    CHECK(process->parent == Pid::None);
}

TEST_CASE("a zombie with further threads is alive") {
    const auto parse = [](const char* threads) {
        return sys::parse_stat(std::string{"2 (db) Z 1 2 2 0 -1 1 1 2 3 4 5 6 7 8 20 0 "} +
                               threads + " 0 5 0\n");
    };

    REQUIRE(parse("2"));
    CHECK(parse("2")->is_alive());
    REQUIRE(parse("1"));
    CHECK_FALSE(parse("1")->is_alive());
    REQUIRE(parse("0"));
    CHECK_FALSE(parse("0")->is_alive());
}

TEST_CASE("a process outlives its first thread") {
    const auto child = sys::fork_child();
    if (*child == Pid::None) {
        ::alarm(20);
        sys::restore_mask(0);
        pthread_t thread{};
        ::pthread_create(
            &thread, nullptr,
            [](void*) -> void* {
                while (::pause() != 0) {
                }
                return nullptr;
            },
            nullptr);
        ::syscall(SYS_exit, 0);  // ends this thread alone
    }
    auto process = sys::read_process(*child);
    while (process && process->state != 'Z') {
        process = sys::read_process(*child);
    }

    CHECK(process->is_alive());
    REQUIRE(sys::kill(*child, base::kSigKill));
    REQUIRE(::waitid(P_PID, static_cast<id_t>(raw(*child)), nullptr, WEXITED | WNOWAIT) == 0);
    CHECK_FALSE(sys::read_process(*child)->is_alive());
    ::waitpid(raw(*child), nullptr, 0);
}

TEST_CASE("the table shows this very process") {
    REQUIRE(sys::proc_is_available());
    sys::ProcessScan scan;
    int seen = 0;
    while (const auto process = scan.next()) {
        if (process->pid == sys::own_pid()) {
            ++seen;
            CHECK(process->parent == sys::parent_pid());
            CHECK(process->group == Pid{::getpgrp()});
            CHECK(process->session == Pid{::getsid(0)});
            CHECK(process->is_alive());
        }
    }
    CHECK(seen == 1);
}

TEST_CASE("the age of a process that was just started is small") {
    const auto self = sys::read_process(sys::own_pid());
    REQUIRE(self);
    CHECK(sys::age_of(*self) < std::chrono::hours{1});
}

TEST_CASE("descendants are found over generations and across sessions, each once") {
    auto pipe = sys::pipe_cloexec();
    const auto child = sys::fork_child();
    if (*child == Pid::None) {
        ::setsid();
        const auto grandchild = sys::fork_child();
        if (*grandchild == Pid::None) {
            ::setsid();
            const int self = ::getpid();
            static_cast<void>(!::write(pipe->write.get(), &self, sizeof self));
        }
        ::alarm(20);
        sys::restore_mask(0);
        while (::pause() != 0) {
        }
    }
    int grandchild = 0;
    REQUIRE(::read(pipe->read.get(), &grandchild, sizeof grandchild) == sizeof grandchild);

    std::vector<Pid> found;
    sys::DescendantScan scan{sys::own_pid()};
    while (const auto process = scan.next()) {
        found.push_back(process->pid);
    }

    CHECK(found == std::vector<Pid>{*child, Pid{grandchild}});
    CHECK(sys::is_descendant_of(Pid{grandchild}, *child));
    CHECK_FALSE(sys::is_descendant_of(*child, Pid{grandchild}));
    REQUIRE(sys::kill(Pid{grandchild}, base::kSigKill));
    REQUIRE(sys::kill(*child, base::kSigKill));
    ::waitpid(raw(*child), nullptr, 0);
}

TEST_CASE("an entry of the environment is matched as a whole") {
    const auto entry = std::string{"PATH="} + std::getenv("PATH");

    CHECK(sys::environ_has(sys::own_pid(), entry));
    CHECK_FALSE(sys::environ_has(sys::own_pid(), entry.substr(0, entry.size() - 1)));
    CHECK_FALSE(sys::environ_has(sys::own_pid(), entry + "x"));
    CHECK_FALSE(sys::environ_has(sys::own_pid(), entry.substr(1)));
    CHECK_FALSE(sys::environ_has(Pid{0x7ffffff0}, entry));
}
