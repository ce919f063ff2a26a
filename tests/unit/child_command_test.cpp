// SPDX-License-Identifier: MIT
#include "runtime/child_command.hpp"

#include <doctest/doctest.h>

using runtime::handed_on_environment;

TEST_CASE("LISTEN_PID follows the program when it named pidone, and only then") {
    const std::vector<std::string> ours{"A=1", "LISTEN_PID=1", "LISTEN_FDS=2"};
    const std::vector<std::string> foreign{"LISTEN_PID=12"};

    CHECK(handed_on_environment(ours, 1, 7) ==
          std::vector<std::string>{"A=1", "LISTEN_PID=7", "LISTEN_FDS=2"});
    CHECK(handed_on_environment(foreign, 1, 7) == foreign);
}
