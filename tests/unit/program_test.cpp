// SPDX-License-Identifier: MIT
#include "runtime/program.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using runtime::handed_on_environment;

TEST_CASE("LISTEN_PID gets a place of its own when it named pidone, and only then") {
    const std::vector<const char*> entries{"A=1", "LISTEN_PID=1", "LISTEN_FDS=2", nullptr};
    std::string listen_pid;

    const auto ours = handed_on_environment(entries.data(), 1, listen_pid);
    REQUIRE(ours.size() == 4);
    CHECK(ours[0] == entries[0]);
    CHECK(ours[1] == listen_pid.data());
    CHECK(ours[2] == entries[2]);
    CHECK(ours[3] == nullptr);
    CHECK(listen_pid.size() == std::string{"LISTEN_PID="}.size() + sys::kPidDigits);

    const auto foreign = handed_on_environment(entries.data(), 12, listen_pid);
    CHECK(foreign[1] == entries[1]);
    CHECK(listen_pid.empty());
}
