// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "base/exit_status.hpp"

using base::ExitStatus;

TEST_CASE("an exit status has the code a shell reports") {
    for (int code = 0; code <= 255; ++code) {
        CHECK(ExitStatus::exited(code).shell_code() == code);
    }
    CHECK(ExitStatus::killed(base::kSigKill).shell_code() == 137);
    CHECK(ExitStatus::killed(base::kSigTerm).shell_code() == 143);
}

TEST_CASE("an exit status says how the process ended") {
    const auto text = [](const ExitStatus& status) { return std::string{base::to_string(status)}; };

    CHECK(text(ExitStatus::exited(0)) == "exited with status 0");
    CHECK(text(ExitStatus::exited(3)) == "exited with status 3");
    CHECK(text(ExitStatus::killed(base::kSigTerm)) == "killed by SIGTERM");
    CHECK(text(ExitStatus::killed(base::Signal{11}, true)) == "killed by SIGSEGV (core dumped)");
}

TEST_CASE("death by signal 0 is an exit") {
    CHECK_FALSE(ExitStatus::exited(0).was_killed());
    CHECK(ExitStatus::killed(base::kSigHup).was_killed());
    CHECK(ExitStatus::exited(1) != ExitStatus::killed(base::kSigHup));
}
