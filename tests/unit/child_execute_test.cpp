// SPDX-License-Identifier: MIT
#include "runtime/child_execute.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>

using runtime::execution_error;

TEST_CASE("a program that is not found is 127 and says where it was looked for") {
    const auto error = execution_error({"execve", ENOENT}, "nginx", "/bin:/usr/bin");

    CHECK(error.stage == runtime::Stage::Execute);
    CHECK(error.exit_code == 127);
    CHECK(error.error_number == ENOENT);
    CHECK(error.text == "cannot find 'nginx' in PATH '/bin:/usr/bin'");
}

TEST_CASE("a program that may not or cannot be executed is 126") {
    CHECK(execution_error({"execve", EACCES}, "/etc", "").exit_code == 126);
    CHECK(execution_error({"execve", EACCES}, "/etc", "").text ==
          "cannot execute '/etc': it is a directory");
    CHECK(execution_error({"execve", ENOEXEC}, "/x", "").text ==
          "cannot execute '/x': it is no program for this machine and does not start with '#!'");
}

TEST_CASE("a program whose interpreter is missing is not called missing itself") {
    const auto error = execution_error({"execve", ENOENT}, "/proc/self/exe", "");

    CHECK(error.exit_code == 127);
    CHECK(error.text ==
          "cannot execute '/proc/self/exe': it is there, but the interpreter or loader that it "
          "names is not");
}

TEST_CASE("a failure fits its message and is cut, never overrun") {
    runtime::ChildError error{.exit_code = 78, .error_number = 5, .text = std::string(1000, 'x')};

    const auto failure = runtime::to_failure(error);

    CHECK(failure.exit_code == 78);
    CHECK(failure.error_number == 5);
    CHECK(std::strlen(failure.text) == sizeof failure.text - 1);
}
