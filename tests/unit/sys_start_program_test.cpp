// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <string>

#include "sys/child_process.hpp"
#include "sys/spawn.hpp"
#include "sys/start_program.hpp"
#include "sys_support.hpp"

using base::ExitStatus;
using sys_support::TemporaryDirectory;

namespace {

struct Outcome {
    int error = 0;  ///< what was reported; 0 = nothing, execve succeeded
    ExitStatus status = ExitStatus::exited(0);
};

sys::ProgramStart a_start(std::vector<const char*> arguments,
                          std::vector<const char*> environment = {}) {
    sys::ProgramStart start;
    start.candidates = {arguments.front()};
    start.argv = std::move(arguments);
    start.argv.insert(start.argv.begin(), nullptr);
    start.argv.push_back(nullptr);
    start.environment = std::move(environment);
    start.environment.push_back(nullptr);
    return start;
}

Outcome outcome_of(sys::ProgramStart& start) {
    auto pipe = sys::pipe_cloexec();
    REQUIRE(pipe);
    start.report = pipe->write.get();
    const auto pid = sys::start_program(start);
    REQUIRE(pid);
    pipe->write.reset();
    Outcome outcome;
    static_cast<void>(sys::read_fully(pipe->read.get(), &outcome.error, sizeof outcome.error));
    sys::end_start();
    const auto status = sys::wait_for_child(*pid);
    REQUIRE(status);
    outcome.status = *status;
    return outcome;
}

}  // namespace

TEST_CASE("a program gets its arguments and its environment") {
    auto start = a_start({"/bin/sh", "-c", "exit $((CODE + $#))", "sh", "one"}, {"CODE=6"});
    const auto outcome = outcome_of(start);
    CHECK(outcome.error == 0);
    CHECK(outcome.status == ExitStatus::exited(7));
}

TEST_CASE("its own id is written where the environment wants it") {
    std::string variable = "OWN=" + std::string(sys::kPidDigits, '\0');
    auto start = a_start({"/bin/sh", "-c", "[ $OWN = $$ ]"}, {variable.c_str()});
    start.own_pid = variable.data() + 4;
    CHECK(outcome_of(start).status == ExitStatus::exited(0));
}

TEST_CASE("the candidates are tried in turn, and a forbidden one outweighs a missing one") {
    const TemporaryDirectory directory;
    REQUIRE(sys::write_file_atomic(directory / "plain", "", 0600));
    auto start = a_start({"true"});

    const std::string endless(5000, 'x');
    start.candidates = {"/nowhere/true", "/dev/null/true", "/" + endless + "/true",
                        directory / "plain", "/bin/true"};
    CHECK(outcome_of(start).status == ExitStatus::exited(0));

    start.candidates = {"/nowhere/true", directory / "plain", "/nowhere/else"};
    auto outcome = outcome_of(start);
    CHECK(outcome.error == EACCES);
    CHECK(outcome.status == ExitStatus::exited(126));

    start.candidates = {"/nowhere/true", "/dev/null/true"};
    outcome = outcome_of(start);
    CHECK(outcome.error == ENOENT);
    CHECK(outcome.status == ExitStatus::exited(127));
}

TEST_CASE("one path alone keeps its own error, and a code of the caller's choice") {
    auto start = a_start({"/dev/null/true"});
    start.failure_code = 3;
    const auto outcome = outcome_of(start);
    CHECK(outcome.error == ENOTDIR);
    CHECK(outcome.status == ExitStatus::exited(3));
}

TEST_CASE("a script that names no interpreter is the shell's") {
    const TemporaryDirectory directory;
    const auto script = directory / "script";
    REQUIRE(sys::write_file_atomic(script, "exit $1\n", 0700));
    auto start = a_start({script.c_str(), "9"});
    CHECK(outcome_of(start).status == ExitStatus::exited(9));
}

TEST_CASE("the caller's memory and errno are as before") {
    errno = EDOM;
    auto start = a_start({"/nowhere/true"});
    const auto outcome = outcome_of(start);
    CHECK(outcome.error == ENOENT);
    CHECK(errno == EDOM);
}
