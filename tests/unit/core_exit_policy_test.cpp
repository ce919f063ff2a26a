// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "core/exit_policy.hpp"

using base::ExitStatus;
using core::Signal;

TEST_CASE("the five stop signals stop the container and no other does") {
    for (int number = 1; number <= base::kMaxSignal; ++number) {
        const bool expected =
            number == 15 || number == 2 || number == 3 || number == 30 || number == 37;
        CHECK_MESSAGE(core::is_stop_signal(Signal{number}) == expected, number);
    }
}

TEST_CASE("an end is by a signal when it died of it or says so like a shell") {
    CHECK(core::is_end_by(ExitStatus::killed(base::kSigTerm), base::kSigTerm));
    CHECK(core::is_end_by(ExitStatus::exited(143), base::kSigTerm));
    CHECK_FALSE(core::is_end_by(ExitStatus::exited(15), base::kSigTerm));
    CHECK_FALSE(core::is_end_by(ExitStatus::killed(base::kSigKill), base::kSigTerm));
    CHECK_FALSE(core::is_end_by(ExitStatus::exited(128), Signal::None));
}

TEST_CASE("success is a success code or the end that was asked for") {
    core::ServiceSpec spec;
    spec.success_codes = {0, 3};

    CHECK(core::is_success(spec, ExitStatus::exited(0), Signal::None));
    CHECK(core::is_success(spec, ExitStatus::exited(3), Signal::None));
    CHECK_FALSE(core::is_success(spec, ExitStatus::exited(1), Signal::None));
    CHECK_FALSE(core::is_success(spec, ExitStatus::killed(base::kSigTerm), Signal::None));
    CHECK(core::is_success(spec, ExitStatus::killed(base::kSigTerm), base::kSigTerm));
}

TEST_CASE("a failure never ends the container with 0") {
    core::ServiceSpec spec;
    spec.success_codes = {3};

    CHECK(core::failure_code(spec, ExitStatus::exited(0)) == 70);
    CHECK(core::failure_code(spec, ExitStatus::exited(4)) == 4);
    CHECK(core::failure_code(spec, ExitStatus::killed(base::kSigKill)) == 137);
}

TEST_CASE("remap replaces a named code and leaves the others") {
    core::CommandSettings settings;
    settings.remap = {{143, 0}, {2, 9}};

    CHECK(core::remap(settings, 143) == 0);
    CHECK(core::remap(settings, 2) == 9);
    CHECK(core::remap(settings, 0) == 0);
    CHECK(core::remap(settings, 7) == 7);
}

TEST_CASE("a route is found by the signal it names") {
    const std::vector<core::SignalRoute> routes{{base::kSigHup, base::kSigUsr1},
                                                {base::kSigWinch, Signal::None}};

    REQUIRE(core::find_route(routes, base::kSigWinch) != nullptr);
    CHECK(core::find_route(routes, base::kSigWinch)->to == Signal::None);
    CHECK(core::find_route(routes, base::kSigHup)->to == base::kSigUsr1);
    CHECK(core::find_route(routes, base::kSigUsr1) == nullptr);
}
