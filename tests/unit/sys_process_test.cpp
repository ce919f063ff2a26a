// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cerrno>

#include "sys/clock.hpp"
#include "sys/process.hpp"
#include "sys/reap.hpp"
#include "sys_support.hpp"

using base::Duration;
using base::ExitStatus;
using sys_support::TemporaryDirectory;
using sys_support::text_of;

namespace {

sys::Invocation shell(std::string script) {
    sys::Invocation invocation;
    invocation.argv = {"sh", "-c", std::move(script)};
    invocation.environment = {"PATH=/usr/bin:/bin", "ANSWER=42"};
    return invocation;
}

}  // namespace

TEST_CASE("a command ends with its code or its signal") {
    CHECK(sys::run_command(shell("exit 3")) == ExitStatus::exited(3));
    CHECK(sys::run_command(shell("exit $ANSWER")) == ExitStatus::exited(42));
    CHECK(sys::run_command(shell("kill -9 $$")) == ExitStatus::killed(base::kSigKill));
    CHECK_FALSE(sys::has_children());
}

TEST_CASE("input, working directory and program are where they were asked for") {
    const TemporaryDirectory directory;
    REQUIRE(sys::write_file_atomic(directory / "in", "7\n", 0600));
    auto invocation = shell("read code; [ \"$(pwd)\" = \"$WHERE\" ] && exit $code");
    invocation.environment.push_back("WHERE=" + directory.path());
    invocation.stdin_path = directory / "in";
    invocation.working_directory = directory.path();

    CHECK(sys::run_command(invocation) == ExitStatus::exited(7));
}

TEST_CASE("without an input it is empty") {
    CHECK(sys::run_command(shell("read x; exit $?")) == ExitStatus::exited(1));
}

TEST_CASE("what is missing is told with its stage") {
    auto invocation = shell("exit 0");
    invocation.stdin_path = "/nowhere";
    CHECK(text_of(sys::run_command(invocation).error()) == text_of({"open stdin", ENOENT}));

    invocation = shell("exit 0");
    invocation.working_directory = "/nowhere";
    CHECK(text_of(sys::run_command(invocation).error()) == text_of({"chdir", ENOENT}));

    invocation.working_directory.clear();
    invocation.argv = {"no-such-program"};
    CHECK(text_of(sys::run_command(invocation).error()) == text_of({"execve", ENOENT}));
    invocation.argv = {"/etc"};
    CHECK(text_of(sys::run_command(invocation).error()) == text_of({"execve", EACCES}));
    invocation.argv = {};
    CHECK(text_of(sys::run_command(invocation).error()) == text_of({"execve", ENOENT}));
    CHECK_FALSE(sys::has_children());
}

TEST_CASE("a command that takes too long is killed") {
    auto invocation = shell("exec sleep 60");
    invocation.timeout = Duration{100};
    const auto begin = sys::now();

    CHECK(text_of(sys::run_command(invocation).error()) == text_of({"wait", ETIMEDOUT}));
    CHECK(sys::now() - begin < Duration{20'000});
    CHECK_FALSE(sys::has_children());
}

TEST_CASE("a command that ends in time is not waited for until the limit") {
    auto invocation = shell("exit 4");
    invocation.timeout = Duration{60'000};
    const auto begin = sys::now();

    CHECK(sys::run_command(invocation) == ExitStatus::exited(4));
    CHECK(sys::now() - begin < Duration{20'000});
}

TEST_CASE("a script without an interpreter line runs, as execvp does it") {
    const TemporaryDirectory directory;
    REQUIRE(sys::write_file_atomic(directory / "script", "exit $1\n", 0755));
    sys::Invocation invocation;
    invocation.argv = {directory / "script", "5"};

    CHECK(sys::run_command(invocation) == ExitStatus::exited(5));
}
