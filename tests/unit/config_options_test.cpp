// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "config/options.hpp"
#include "config_support.hpp"

using config::Options;
using Words = std::vector<std::string>;

namespace {

/// "CODE: MESSAGE"
std::string refused(const Words& argv, const TestEnvironment& environment = {}) {
    const auto options = config::parse_command_line(argv, environment);
    return options ? "accepted"
                   : std::to_string(options.error().exit_code) + ": " + options.error().message;
}

}  // namespace

TEST_CASE("a program is what follows two dashes") {
    for (const auto& argv : {Words{"pidone", "--", "sh", "-c", "x"},
                             Words{"/usr/bin/pidone", "run", "--", "sh", "-c", "x"},
                             Words{"init", "-v", "-g", "--", "sh", "-c", "x"}}) {
        const auto options = parsed(argv);
        CHECK(options.action == Options::Action::RunCommand);
        CHECK(options.program == Words{"sh", "-c", "x"});
        CHECK(options.is_subreaper);
        CHECK(options.settings.kill_grace == core::Duration{2000});
        CHECK_FALSE(options.settings.stop_timeout.has_value());
        CHECK_FALSE(options.exec_failure_code.has_value());
    }
    CHECK(parsed({"pidone", "--", "--", "-v"}).program == Words{"--", "-v"});
}

TEST_CASE("run without a program is service mode") {
    CHECK(parsed({"pidone", "run"}).paths == Words{"/etc/pidone"});
    CHECK(parsed({"pidone", "run", "--"}).action == Options::Action::RunService);
    CHECK(parsed({"pidone", "run", "-c", "/a", "--config=/b", "-c/c", "--"}).paths ==
          Words{"/a", "/b", "/c"});
}

TEST_CASE("options of command mode are read in every spelling") {
    const auto options = parsed({"pidone", "-gwv", "-pTERM", "-e", "143", "--remap-exit=3:4", "-r",
                                 "TERM:QUIT", "--rewrite", "USR1:", "--stop-timeout", "5s",
                                 "--kill-grace=0", "-v", "-s", "--", "x"});

    CHECK(options.settings.signals_group);
    CHECK(options.settings.warns_on_reap);
    CHECK(options.verbosity == 3);
    CHECK(options.parent_death_signal == base::kSigTerm);
    CHECK(options.settings.remap == std::vector<std::pair<int, int>>{{143, 0}, {3, 4}});
    REQUIRE(options.settings.rewrites.size() == 2);
    CHECK(options.settings.rewrites[0].to == base::kSigQuit);
    CHECK(options.settings.rewrites[1].to == base::Signal::None);
    CHECK(options.settings.stop_timeout == core::Duration{5000});
    CHECK(options.settings.kill_grace == core::Duration{0});
    CHECK(parsed({"pidone", "-q", "--", "x"}).verbosity == 0);
}

TEST_CASE("each option has a variable, and the option wins") {
    const TestEnvironment environment{{{"PIDONE_SUBREAPER", "Off"},
                                       {"PIDONE_GROUP", "TRUE"},
                                       {"PIDONE_PARENT_DEATH_SIGNAL", "KILL"},
                                       {"PIDONE_REMAP_EXIT", "143,3:4"},
                                       {"PIDONE_REWRITE", "TERM:QUIT,USR1:"},
                                       {"PIDONE_STOP_TIMEOUT", "5s"},
                                       {"PIDONE_KILL_GRACE", "1s"},
                                       {"PIDONE_WARN_ON_REAP", "on"},
                                       {"PIDONE_VERBOSE", "1"},
                                       {"PIDONE_QUIET", ""}}};

    const auto options = parsed({"pidone", "--kill-grace", "7s", "--", "x"}, environment);

    CHECK_FALSE(options.is_subreaper);
    CHECK(options.settings.signals_group);
    CHECK(options.parent_death_signal == base::kSigKill);
    CHECK(options.settings.remap.size() == 2);
    CHECK(options.settings.rewrites.size() == 2);
    CHECK(options.settings.stop_timeout == core::Duration{5000});
    CHECK(options.settings.kill_grace == core::Duration{7000});
    CHECK(options.settings.warns_on_reap);
    CHECK(options.verbosity == 2);
    CHECK(parsed({"pidone", "--", "x"}, TestEnvironment{{{"PIDONE_QUIET", "1"}}}).verbosity == 0);
}

TEST_CASE("the later of two list options wins, and both win over the variable") {
    const TestEnvironment environment{
        {{"PIDONE_REMAP_EXIT", "4:5,3:1,3:2"}, {"PIDONE_REWRITE", "TERM:QUIT,USR1:HUP"}}};
    const auto options =
        parsed({"pidone", "-e", "4:6", "-e", "4:7", "-r", "TERM:INT", "-r", "15:USR2", "--", "x"},
               environment);

    CHECK(options.settings.remap == std::vector<std::pair<int, int>>{{3, 2}, {4, 7}});
    REQUIRE(options.settings.rewrites.size() == 2);
    CHECK(options.settings.rewrites[0].from == base::kSigUsr1);
    CHECK(options.settings.rewrites[1].from == base::kSigTerm);
    CHECK(options.settings.rewrites[1].to == base::kSigUsr2);
}

TEST_CASE("a bad variable is a usage error that names it") {
    const auto with = [](const char* name, const char* value) {
        return refused({"pidone", "--", "x"}, TestEnvironment{{{name, value}}});
    };

    CHECK(with("PIDONE_GROUP", "maybe") ==
          "64: PIDONE_GROUP: expected 1, true, yes, on, 0, false, no or off, got 'maybe'");
    CHECK(with("PIDONE_STOP_TIMEOUT", "5") ==
          "64: PIDONE_STOP_TIMEOUT: expected a duration such as 500ms or 10s, got '5'");
    CHECK(with("PIDONE_REMAP_EXIT", "1,256") ==
          "64: PIDONE_REMAP_EXIT: expected CODE or CODE:CODE, each from 0 to 255, got '256'");
    CHECK(with("PIDONE_REWRITE", "TERM") ==
          "64: PIDONE_REWRITE: expected FROM:TO, signal names or numbers (an empty TO drops), got "
          "'TERM'");
}

TEST_CASE("a sub-command keeps its own arguments") {
    CHECK(parsed({"pidone", "check", "--no-root", "a"}).action == Options::Action::SubCommand);
    CHECK(parsed({"pidone", "check", "--no-root", "a"}).program ==
          Words{"check", "--no-root", "a"});
    CHECK(parsed({"pidone", "healthcheck", "--wait", "30s"}).program ==
          Words{"healthcheck", "--wait", "30s"});
    CHECK(parsed({"pidone", "status", "--help"}).program == Words{"help", "status"});
    CHECK(parsed({"pidone", "--help"}).program == Words{"help"});
    CHECK(parsed({"pidone", "-V"}).program == Words{"version"});
    CHECK(parsed({"pidone", "run", "-h"}).program == Words{"help", "run"});
}

TEST_CASE("a wrong command line says what to write instead") {
    CHECK(refused({"pidone"}) ==
          "64: nothing to do; write pidone -- PROGRAM [ARG...], or pidone run (see 'pidone help')");
    CHECK(refused({"pidone", "--"}) ==
          "64: no program behind '--'; write pidone -- PROGRAM [ARG...], or pidone run");
    CHECK(refused({"pidone", "bash"}) ==
          "64: unknown command 'bash'; to run it as a program write: pidone -- bash");
    CHECK(refused({"pidone", "chekc"}) ==
          "64: unknown command 'chekc'; did you mean 'check'? To run it as a program write: pidone "
          "-- chekc");
    CHECK(refused({"pidone", "run", "bash"}) ==
          "64: unexpected argument 'bash'; service files are named with -c: pidone run -c bash, "
          "a program with '--': pidone run -- bash");
    CHECK(refused({"pidone", "run", "-c", "/x", "--", "bash"}) ==
          "64: option '-c' is for service mode and goes with no program, got 'bash'; leave out one "
          "of them");
    CHECK(refused({"pidone", "-c", "/x"}) ==
          "64: option '-c' is for service mode; write pidone run -c /x");
    CHECK(refused({"pidone", "-c", "/x", "--", "bash"}).starts_with("64: option '-c' is for"));
    CHECK(refused({"pidone", "-g", "check"}) == "64: options of 'pidone check' go behind its name");
    CHECK(refused({"pidone", "-x", "--", "a"}) == "64: unknown option '-x'; see 'pidone help'");
    CHECK(refused({"pidone", "--frob", "--", "a"}) ==
          "64: unknown option '--frob'; see 'pidone help'");
    CHECK(refused({"pidone", "--group=1", "--", "a"}) ==
          "64: option '--group' takes no value; see 'pidone help'");
    CHECK(refused({"pidone", "-e"}) == "64: option '-e' needs a value; see 'pidone help'");
    CHECK(refused({"pidone", "-p", "NOPE", "--", "a"}) ==
          "64: option '-p': expected a signal such as TERM or 15, got 'NOPE'");
    CHECK(refused({"pidone", "-r", "KILL:TERM", "--", "a"}) ==
          "64: option '-r': SIGKILL cannot be rewritten, pidone never sees it as a signal to "
          "forward");
    CHECK(refused({}) ==
          "64: nothing to do; write pidone -- PROGRAM [ARG...], or pidone run (see 'pidone help')");
}

TEST_CASE("service mode refuses the options that only a program can follow") {
    for (const auto& words :
         {Words{"-g"}, Words{"-e", "3:0"}, Words{"-r", "TERM:INT"}, Words{"--stop-timeout", "1s"},
          Words{"--kill-grace", "1s"}, Words{"--kill-grace=1s"}, Words{"-w"}}) {
        const auto spelling = words.front().substr(0, words.front().find('='));
        CAPTURE(spelling);
        Words argv{"pidone", "run", "-v"};
        argv.insert(argv.end(), words.begin(), words.end());
        CHECK(refused(argv) ==
              "64: option '" + spelling +
                  "' is for command mode and goes with a program only; 'pidone help keys' lists "
                  "what a service file may say");
        argv.insert(argv.end(), {"--", "x"});
        CHECK(refused(argv) == "accepted");
    }
}

TEST_CASE("service mode keeps the options about pidone itself, and an image's variables") {
    const TestEnvironment environment{{{"PIDONE_GROUP", "1"}, {"PIDONE_REMAP_EXIT", "3:0"}}};
    const auto options = parsed({"pidone", "run", "-s", "-p", "TERM", "-q"}, environment);

    CHECK(options.action == Options::Action::RunService);
    CHECK(options.parent_death_signal == base::kSigTerm);
    CHECK(options.verbosity == 0);
}
