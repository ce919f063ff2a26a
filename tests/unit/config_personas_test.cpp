// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>

#include "config/options.hpp"
#include "config_support.hpp"

using config::Options;
using Words = std::vector<std::string>;

namespace {

std::string refused(const Words& argv, const TestEnvironment& environment = {}) {
    const auto options = config::parse_command_line(argv, environment);
    return options ? "accepted"
                   : std::to_string(options.error().exit_code) + " " +
                         std::string{options.error().persona} + ": " + options.error().message;
}

base::Signal rewritten(const Options& options, base::Signal from) {
    const auto& rewrites = options.settings.rewrites;
    const auto found = std::find_if(rewrites.begin(), rewrites.end(),
                                    [&](const auto& route) { return route.from == from; });
    return found == rewrites.end() ? from : found->to;
}

}  // namespace

TEST_CASE("every persona takes a program with and without two dashes") {
    for (const char* name :
         {"tini", "/sbin/docker-init", "dumb-init", "catatonit", "/run/podman-init"}) {
        CAPTURE(name);
        for (const auto& argv :
             {Words{name, "sh", "-c", "x"}, Words{name, "--", "sh", "-c", "x"}}) {
            const auto options = parsed(argv);
            CHECK(options.action == Options::Action::RunCommand);
            CHECK(options.program == Words{"sh", "-c", "x"});
            CHECK(options.settings.kill_grace == core::Duration{0});
        }
    }
}

TEST_CASE("tini's options and variables mean what they mean there") {
    const auto options =
        parsed({"tini", "-sgwvv", "-p", "SIGTERM", "-e", "143", "-e1", "--", "true"});

    CHECK(options.persona == "tini");
    CHECK(options.is_subreaper);
    CHECK(options.settings.signals_group);
    CHECK(options.settings.warns_on_reap);
    CHECK(options.verbosity == 3);
    CHECK(options.parent_death_signal == base::kSigTerm);
    CHECK(options.settings.remap == std::vector<std::pair<int, int>>{{143, 0}, {1, 0}});
    CHECK_FALSE(options.settings.new_session);
    CHECK_FALSE(options.exec_failure_code.has_value());
    CHECK_FALSE(parsed({"tini", "true"}).is_subreaper);

    const TestEnvironment environment{
        {{"TINI_SUBREAPER", ""}, {"TINI_KILL_PROCESS_GROUP", "0"}, {"TINI_VERBOSITY", "0"}}};
    const auto by_variables = parsed({"docker-init", "-v", "true"}, environment);
    CHECK(by_variables.is_subreaper);
    CHECK(by_variables.settings.signals_group);
    CHECK(by_variables.verbosity == 0);
}

TEST_CASE("docker info finds tini's version") {
    for (const char* name : {"docker-init", "tini"}) {
        const auto options = parsed({name, "--version"});
        CHECK(options.action == Options::Action::Print);
        CHECK(options.text.starts_with("tini version 0.19.0 "));
        CHECK_FALSE(options.text_to_stderr);
    }
    CHECK(parsed({"catatonit", "-V"}).text.starts_with("tini version 0.2.1_catatonit "));
    CHECK(parsed({"podman-init", "--version"}).text.find("tini version") == 0);
}

TEST_CASE("a wrong command line of a persona ends with its own code") {
    CHECK(refused({"tini"}) ==
          "1 tini: no program to run; usage: tini [OPTIONS] -- PROGRAM [ARG...]");
    CHECK(refused({"docker-init", "-x", "true"}) == "1 docker-init: unknown option '-x'; see '-h'");
    CHECK(refused({"tini", "-e", "256", "true"}) ==
          "1 tini: option '-e': expected a number from 0 to 255, got '256'");
    CHECK(refused({"dumb-init"}) ==
          "1 dumb-init: no program to run; usage: dumb-init [OPTION]... PROGRAM [ARG...]");
    CHECK(refused({"dumb-init", "-r", "TERM:15", "true"}) ==
          "1 dumb-init: option '-r': expected S:R, signal numbers from 1 to 31 (R may be 0), got "
          "'TERM:15'");
    CHECK(refused({"dumb-init", "-r", "15:32", "true"}).starts_with("1 dumb-init: option '-r'"));
    CHECK(refused({"catatonit"}) ==
          "1 catatonit: no program to run; usage: catatonit [-ghLPV] [--] PROGRAM [ARG...]");
    CHECK(refused({"catatonit", "true"}, TestEnvironment{{{"CATATONIT_LOG", "x"}}}) ==
          "1 catatonit: CATATONIT_LOG is reserved; unset it");
}

TEST_CASE("dumb-init leads a session and turns terminal stops into STOP") {
    const auto options = parsed({"dumb-init", "-r", "15:2", "--rewrite=20:0", "true"});

    CHECK(options.settings.new_session);
    CHECK(options.settings.signals_group);
    CHECK(options.exec_failure_code == 2);
    CHECK(rewritten(options, base::kSigTerm) == base::kSigInt);
    CHECK(rewritten(options, base::kSigTstp) == base::Signal::None);
    CHECK(rewritten(options, base::kSigTtin) == base::kSigStop);
    CHECK(rewritten(options, base::kSigTtou) == base::kSigStop);
}

TEST_CASE("dumb-init without a session signals the program alone") {
    const TestEnvironment no_session{{{"DUMB_INIT_SETSID", "0"}}};
    for (const auto& options :
         {parsed({"dumb-init", "-c", "true"}), parsed({"dumb-init", "--single-child", "true"}),
          parsed({"dumb-init", "true"}, no_session)}) {
        CHECK_FALSE(options.settings.new_session);
        CHECK_FALSE(options.settings.signals_group);
        CHECK(options.settings.rewrites.empty());
    }
    CHECK(parsed({"dumb-init", "true"}).verbosity == 0);
    CHECK(parsed({"dumb-init", "-v", "true"}).verbosity == 2);
    CHECK(parsed({"dumb-init", "true"}, TestEnvironment{{{"DUMB_INIT_DEBUG", "1"}}}).verbosity ==
          2);
}

TEST_CASE("dumb-init prints its version and help to standard error") {
    const auto version = parsed({"dumb-init", "-V"});

    CHECK(version.text.starts_with("dumb-init v1.2.5 "));
    CHECK(version.text_to_stderr);
    CHECK(parsed({"dumb-init", "--help"}).text_to_stderr);
}

TEST_CASE("catatonit pauses without a program") {
    const auto pause = parsed({"catatonit", "-P"});

    CHECK(pause.action == Options::Action::RunCommand);
    CHECK(pause.settings.is_pause);
    CHECK(pause.program.empty());
    CHECK(pause.exec_failure_code == 1);
    CHECK(pause.is_subreaper);
    CHECK(parsed({"catatonit", "-g", "true"}).settings.signals_group);
    CHECK(parsed({"catatonit", "true"}).verbosity == 0);
    CHECK(parsed({"catatonit", "true"}, TestEnvironment{{{"CATATONIT_DEBUG", ""}}}).verbosity == 2);
}

TEST_CASE("pidone's own variables work in a persona, because docker run --init passes no option") {
    const TestEnvironment environment{
        {{"PIDONE_GROUP", "1"}, {"PIDONE_KILL_GRACE", "3s"}, {"PIDONE_REWRITE", "TERM:QUIT"}}};

    const auto options = parsed({"docker-init", "--", "true"}, environment);

    CHECK(options.settings.signals_group);
    CHECK(options.settings.kill_grace == core::Duration{3000});
    CHECK(rewritten(options, base::kSigTerm) == base::kSigQuit);
}

TEST_CASE("what tini remaps wins over the variable") {
    const TestEnvironment environment{{{"PIDONE_REMAP_EXIT", "4:5"}}};

    CHECK(parsed({"tini", "-e", "4", "--", "x"}, environment).settings.remap ==
          std::vector<std::pair<int, int>>{{4, 0}});
}
