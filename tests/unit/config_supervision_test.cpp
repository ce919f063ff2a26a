// SPDX-License-Identifier: MIT
// What keeps a service alive.
#include "config_loading.hpp"

TEST_CASE("restart says when a service comes back") {
    CHECK(service("").restart.when == core::Restart::No);
    CHECK(service("restart = \"no\"\n").restart.when == core::Restart::No);
    CHECK(service("restart = \"on-failure\"\n").restart.when == core::Restart::OnFailure);
    CHECK(service("restart = \"always\"\n").restart.when == core::Restart::Always);
    CHECK(about("restart = \"alway\"\n") ==
          "'restart' must be \"no\" or \"on-failure\" or \"always\", got 'alway'; did you mean "
          "'always'?\n");
    CHECK(about("restart = true\n") == "'restart' must be a string, got true; put it in quotes\n");
}

TEST_CASE("a oneshot may be tried again and cannot run always") {
    CHECK(about("type = \"oneshot\"\nrestart = \"on-failure\"\n") == "");
    CHECK(about("type = \"oneshot\"\nrestart = \"always\"\n") ==
          "restart = \"always\" goes with type \"service\" only; 'schedule' runs a oneshot again "
          "and again\n");
}

TEST_CASE("the restart policy is read key by key") {
    const auto policy = service(
                            "restart = \"always\"\n[restart-policy]\ndelay = \"1s\"\n"
                            "max-delay = \"10s\"\njitter = 0.25\nwindow = \"2m\"\n"
                            "max-attempts = 0\ngive-up = \"stop\"\n")
                            .restart;

    CHECK(policy.delay == core::Duration{1000});
    CHECK(policy.max_delay == core::Duration{10'000});
    CHECK(policy.jitter_permille == 250);
    CHECK(policy.window == core::Duration{120'000});
    CHECK(policy.max_attempts == 0);
    CHECK(policy.give_up == core::GiveUp::Stop);
}

TEST_CASE("what the restart policy leaves out has the default of the spec") {
    const core::RestartPolicy defaults;
    const auto policy = service("restart = \"always\"\n").restart;

    CHECK(policy.delay == defaults.delay);
    CHECK(policy.max_delay == defaults.max_delay);
    CHECK(policy.jitter_permille == defaults.jitter_permille);
    CHECK(policy.window == defaults.window);
    CHECK(policy.max_attempts == defaults.max_attempts);
}

TEST_CASE("an essential service ends the container when it is given up, another one does not") {
    CHECK(service("restart = \"always\"\n").restart.give_up == core::GiveUp::Exit);
    CHECK(service("restart = \"always\"\nessential = false\n").restart.give_up ==
          core::GiveUp::Stop);
    CHECK(service("restart = \"always\"\nessential = false\n[restart-policy]\ngive-up = \"exit\"\n")
              .restart.give_up == core::GiveUp::Exit);
}

TEST_CASE("jitter is a number from 0 to 1, an integer too") {
    const auto jitter = [](const std::string& value) {
        return service("restart = \"always\"\n[restart-policy]\njitter = " + value + "\n",
                       TestEnvironment{{{"J", "0.5"}}})
            .restart.jitter_permille;
    };
    CHECK(jitter("0") == 0);
    CHECK(jitter("1") == 1000);
    CHECK(jitter("0.0004") == 0);
    CHECK(jitter("0.9996") == 1000);
    CHECK(jitter("\"${J}\"") == 500);
    for (const char* value : {"-0.1", "1.1", "2", "-1", "nan", "inf", "-inf"}) {
        CAPTURE(value);
        CHECK(about("restart = \"always\"\n[restart-policy]\njitter = " + std::string{value} + "\n")
                  .starts_with("'jitter' must be a number from 0 to 1 like 0.1, got "));
    }
    CHECK(about("restart = \"always\"\n[restart-policy]\njitter = \"0.1\"\n") ==
          "'jitter' must be a number from 0 to 1 like 0.1, got string '0.1'\n");
}

TEST_CASE("a delay above the default of max-delay is its own limit") {
    CHECK(service("restart = \"always\"\n[restart-policy]\ndelay = \"2m\"\n").restart.max_delay ==
          core::Duration{120'000});
    CHECK(about("restart = \"always\"\n[restart-policy]\ndelay = \"2s\"\nmax-delay = \"1s\"\n") ==
          "'max-delay' is below 'delay'\n");
}

TEST_CASE("a restart policy that nothing uses is a warning") {
    const std::string warning =
        "warning: [restart-policy] has no effect, 'restart' is \"no\"; restart = \"on-failure\" "
        "makes use of it\n";
    const std::string policy = "[restart-policy]\ndelay = \"1s\"\n";

    CHECK(about(policy) == warning);
    CHECK(about("restart = \"no\"\n" + policy) == warning);
    CHECK(about("[health]\nprobe = \"file:/x\"\naction = \"exit\"\n" + policy) == warning);
    CHECK(about("[health]\nprobe = \"file:/x\"\naction = \"restart\"\n" + policy) == "");
    CHECK(about("watchdog = \"1s\"\n" + policy) == "");
    CHECK(about("restart = \"on-failure\"\n" + policy) == "");
}

TEST_CASE("health is read key by key, with a URL or a program to ask") {
    const auto health = service(
                            "[health]\nprobe = \"http://127.0.0.1:8080/ping\"\n"
                            "interval = \"5s\"\ntimeout = \"1s\"\nretries = 2\n"
                            "start-period = \"30s\"\naction = \"restart\"\n")
                            .health;
    CHECK(health.kind == core::HealthCheck::Kind::Probe);
    CHECK(health.endpoint.port == 8080);
    CHECK(health.interval == core::Duration{5000});
    CHECK(health.timeout == core::Duration{1000});
    CHECK(health.retries == 2);
    CHECK(health.start_period == core::Duration{30'000});
    CHECK(health.action == core::HealthAction::Restart);

    const auto command = service(
                             "[health]\nprobe = { exec = [\"ping\", \"-c1\"] }\n"
                             "action = \"exit\"\n")
                             .health;
    CHECK(command.kind == core::HealthCheck::Kind::Command);
    CHECK(command.command == List{"ping", "-c1"});
    CHECK(command.action == core::HealthAction::Exit);
    CHECK(command.retries == core::HealthCheck{}.retries);
    CHECK(service("").health.kind == core::HealthCheck::Kind::None);
}

TEST_CASE("what is wrong with health is said") {
    CHECK(about("[health]\ninterval = \"1s\"\n") == "'probe' is missing in [health]\n");
    CHECK(about("health = \"tcp://x:1\"\n") ==
          "'health' must be a table, got string 'tcp://x:1'\n");
    CHECK(about("[health]\nprobe = 5\n") ==
          "'probe' must be a URL or { exec = [..] }, got integer 5\n");
    CHECK(about("[health]\nprobe = { exec = [] }\n") ==
          "'exec' is empty; write [\"/path/to/program\", \"argument\"]\n");
    CHECK(about("[health]\nprobe = {}\n") == "'exec' is missing in probe\n");
    CHECK(about("[health]\nprobe = \"notify\"\n") ==
          "'probe': 'notify': expected tcp://HOST:PORT, unix:///PATH, http://HOST[:PORT]/PATH or "
          "file:/PATH\n");
    const std::string probe = "[health]\nprobe = \"file:/x\"\n";
    CHECK(about(probe + "interval = \"9ms\"\n") == "'interval' must be at least \"10ms\"\n");
    CHECK(about(probe + "timeout = \"0\"\n") == "'timeout' must be at least \"1ms\"\n");
    CHECK(about(probe + "retries = 0\n") ==
          "'retries' must be an integer from 1 to 1000, got integer 0\n");
    CHECK(about(probe + "action = \"kill\"\n") ==
          "'action' must be \"none\" or \"restart\" or \"exit\", got 'kill'\n");
    CHECK(about("type = \"oneshot\"\n" + probe) ==
          "'health' goes with type \"service\" only; a oneshot is judged by its exit code\n");
}

TEST_CASE("a watchdog is a duration of a service, whose notify-access it may set") {
    const auto watched = service("watchdog = \"30s\"\nnotify-access = \"all\"\n");

    CHECK(watched.watchdog == core::Duration{30'000});
    CHECK(watched.notify_access == core::NotifyAccess::All);
    CHECK(about("watchdog = \"1ms\"\n") == "'watchdog' must be at least \"10ms\"\n");
    CHECK(about("watchdog = 30\n") ==
          "'watchdog' must be a duration like \"10s\", got integer 30\n");
    CHECK(about("type = \"oneshot\"\nwatchdog = \"1s\"\n") ==
          "'watchdog' goes with type \"service\" only; a oneshot is judged by its exit code\n");
    CHECK(about("notify-access = \"all\"\n") ==
          "'notify-access' needs ready = \"notify\" or 'watchdog'\n");
}

TEST_CASE("the reload signal is one that a process can see") {
    CHECK(service("").reload_signal == base::kSigHup);
    CHECK(service("reload-signal = \"USR2\"\n").reload_signal == *base::parse_signal("USR2"));
    CHECK(about("reload-signal = \"KILL\"\n") ==
          "'reload-signal' cannot be SIGKILL, no process reads its settings at it\n");
    CHECK(about("reload-signal = \"RELOAD\"\n") ==
          "'reload-signal' must be a signal's name like \"HUP\", got 'RELOAD'\n");
}

TEST_CASE("pidone.toml and its variable say whether HUP reloads") {
    const auto reloads = [](const std::string& text, const TestEnvironment& environment) {
        return loaded({service_file("x", "command = [\"x\"]\n"), service_file("pidone", text)},
                      environment)
            .reloads_on_hup;
    };
    CHECK_FALSE(reloads("", {}));
    CHECK(reloads("reload-on-hup = true\n", {}));
    for (const auto* word : {"true", "1", "on"}) {
        CHECK(reloads("", TestEnvironment{{{"PIDONE_RELOAD_ON_HUP", word}}}));
    }
    CHECK_FALSE(
        reloads("reload-on-hup = true\n", TestEnvironment{{{"PIDONE_RELOAD_ON_HUP", "false"}}}));
    CHECK(messages({service_file("x", "command = [\"x\"]\n")},
                   TestEnvironment{{{"PIDONE_RELOAD_ON_HUP", "maybe"}}}) ==
          "'reload-on-hup' must be true or false, got string 'maybe'\n");
}
