// SPDX-License-Identifier: MIT
#include <set>

#include "core/backoff.hpp"
#include "core/supervisor.hpp"
#include "core_driver.hpp"

using namespace core_test;
using core::Health;

namespace {

core::ServiceSpec restarting(core::ServiceSpec spec) {
    spec.restart.when = core::Restart::OnFailure;
    spec.restart.delay = Duration{200};
    return spec;
}

core::ServiceSpec optional(core::ServiceSpec spec) {
    spec.is_essential = false;
    return spec;
}

/// Crashes `id` and lets its delay pass; the commands of that.
Texts crash(Driver& driver, ServiceId id, Duration delay) {
    (void)driver.gone(id, ExitStatus::exited(1));
    const Texts texts = driver.after(delay);
    driver.come_up(id);
    return texts;
}

}  // namespace

TEST_CASE("the delay of a restart doubles up to its limit") {
    core::RestartPolicy policy;
    policy.delay = Duration{200};
    policy.max_delay = Duration{1000};

    CHECK(core::backoff_delay(policy, 1, 0) == Duration{200});
    CHECK(core::backoff_delay(policy, 2, 0) == Duration{400});
    CHECK(core::backoff_delay(policy, 3, 0) == Duration{800});
    CHECK(core::backoff_delay(policy, 4, 0) == Duration{1000});
    CHECK(core::backoff_delay(policy, 2'000'000'000, 0) == Duration{1000});
    policy.delay = Duration{0};
    CHECK(core::backoff_delay(policy, 2'000'000'000, 0) == Duration{0});
    policy.delay = Duration{5000};
    CHECK(core::backoff_delay(policy, 1, 0) == Duration{1000});
}

TEST_CASE("jitter moves a delay either way, by its part at most") {
    const core::RestartPolicy policy{.delay = Duration{1000}, .jitter_permille = 100};
    core::JitterSource random{7};
    std::set<Duration> seen;
    for (int i = 0; i < 1000; ++i) {
        seen.insert(core::backoff_delay(policy, 1, random.next()));
    }

    CHECK(*seen.begin() == Duration{900});
    CHECK(*seen.rbegin() == Duration{1100});
    CHECK(core::JitterSource{0}.next() == 0);
}

TEST_CASE("a service that fails starts again after its delay") {
    Driver driver{spec({restarting(service("web"))})};
    driver.bring_up();

    CHECK(driver.exited(0_id, 1).front() == "report Exited web, again in 200ms, 1 of 5");
    CHECK_FALSE(driver.supervisor().is_stopping());
    CHECK(driver.tree_empty(0_id).empty());
    CHECK(driver.state(0_id) == State::Backoff);
    CHECK(driver.hold(0_id) == core::Hold::Kind::Backoff);
    CHECK(driver.supervisor().health() == Health::Starting);
    CHECK(driver.deadline() == Duration{200});
    CHECK(driver.after(Duration{199}).empty());

    CHECK(driver.after(Duration{1}) == Texts{"spawn web", "report Starting web"});
    CHECK_FALSE(driver.supervisor().service(0_id).is_ready);
    driver.come_up(0_id);
    CHECK(driver.supervisor().health() == Health::Healthy);
    CHECK(driver.supervisor().service(0_id).restarts == 1);
    CHECK(driver.supervisor().service(0_id).last_exit == ExitStatus::exited(1));
}

TEST_CASE("the delay counts from the end of the main process, and without one nobody waits") {
    core::ServiceSpec web = restarting(service("web"));
    SUBCASE("its children took a part of the delay") {
        Driver driver{spec({web})};
        driver.bring_up();
        (void)driver.exited(0_id, 1);
        (void)driver.after(Duration{150});
        (void)driver.tree_empty(0_id);
        CHECK(driver.deadline() == Duration{50});
    }
    SUBCASE("its children took longer") {
        Driver driver{spec({web})};
        driver.bring_up();
        (void)driver.exited(0_id, 1);
        (void)driver.after(Duration{300});
        CHECK(acts(driver.tree_empty(0_id)) == Texts{"spawn web"});
    }
    SUBCASE("no delay") {
        web.restart.delay = Duration{0};
        Driver driver{spec({web})};
        driver.bring_up();
        (void)driver.exited(0_id, 1);
        CHECK(acts(driver.tree_empty(0_id)) == Texts{"spawn web"});
    }
}

TEST_CASE("each attempt waits longer, and a run that lived for the window forgets them") {
    core::ServiceSpec web = restarting(service("web"));
    web.restart.window = Duration{60'000};
    Driver driver{spec({web})};
    driver.bring_up();
    CHECK(acts(crash(driver, 0_id, Duration{200})) == Texts{"spawn web"});
    CHECK(acts(crash(driver, 0_id, Duration{400})) == Texts{"spawn web"});
    CHECK(driver.supervisor().service(0_id).attempt == 2);
    (void)driver.after(Duration{59'999});
    CHECK(driver.exited(0_id, 1).front() == "report Exited web 59.9s, again in 800ms, 3 of 5");
    (void)driver.tree_empty(0_id);
    (void)driver.after(Duration{800});
    driver.come_up(0_id);
    (void)driver.after(Duration{60'000});

    CHECK(driver.exited(0_id, 1).front() == "report Exited web 1m, again in 200ms, 1 of 5");
}

TEST_CASE("attempts are used up: give-up = exit ends the container with the code") {
    core::ServiceSpec web = restarting(optional(service("web")));
    web.restart.max_attempts = 2;
    Driver driver{spec({web, service("db")})};
    driver.bring_up();
    (void)crash(driver, 0_id, Duration{200});
    (void)crash(driver, 0_id, Duration{400});

    CHECK(driver.exited(0_id, 9).front() == "report Exited web (9), gives up after 2 of 2");
    CHECK(driver.supervisor().is_stopping());
    CHECK(driver.supervisor().exit_code() == 9);
}

TEST_CASE("attempts are used up: give-up = stop leaves the container alive") {
    core::ServiceSpec db = restarting(service("db"));
    db.restart.max_attempts = 1;
    db.restart.give_up = core::GiveUp::Stop;
    Driver driver{spec({db, service("web", {0_id}), service("other")})};
    driver.bring_up();
    (void)driver.exited(0_id, 1);
    (void)driver.gone(1_id, ExitStatus::killed(base::kSigTerm));
    (void)driver.tree_empty(0_id);
    (void)driver.after(Duration{200});
    driver.come_up(0_id);
    driver.come_up(1_id);

    const Texts texts = driver.exited(0_id, 1);
    CHECK(texts[0] == "report Exited db, gives up after 1 of 1");
    CHECK(texts[1] == "report DependencyFailed web because of db");
    (void)driver.gone(1_id, ExitStatus::killed(base::kSigTerm));
    (void)driver.tree_empty(0_id);
    CHECK_FALSE(driver.supervisor().is_stopping());
    CHECK(driver.state(0_id) == State::Failed);
    CHECK(driver.state(1_id) == State::Failed);
    CHECK(driver.supervisor().health() == Health::Unhealthy);
}

TEST_CASE("without a limit nothing is given up") {
    core::ServiceSpec web = restarting(service("web"));
    web.restart.max_attempts = 0;
    web.restart.max_delay = Duration{200};
    Driver driver{spec({web})};
    driver.bring_up();
    for (int i = 0; i < 100; ++i) {
        REQUIRE(acts(crash(driver, 0_id, Duration{200})) == Texts{"spawn web"});
    }
}

TEST_CASE("on-failure leaves a success alone, always does not") {
    core::ServiceSpec web = restarting(service("web"));
    SUBCASE("on-failure") {
        Driver driver{spec({web})};
        driver.bring_up();
        CHECK(driver.exited(0_id, 0).front() == "report Exited web (70)");
    }
    SUBCASE("always") {
        web.restart.when = core::Restart::Always;
        Driver driver{spec({web})};
        driver.bring_up();
        CHECK(driver.exited(0_id, 0).front() == "report Exited web, again in 200ms, 1 of 5");
    }
}

TEST_CASE("a oneshot is tried again until it succeeds, and a quick success is one") {
    Driver driver{spec({restarting(oneshot("migrate")), service("web", {0_id})})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    (void)driver.gone(0_id, ExitStatus::exited(1));
    CHECK(acts(driver.after(Duration{200})) == Texts{"spawn migrate"});
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);

    CHECK(driver.exited(0_id, 0).front() == "report Done migrate");
    CHECK(acts(driver.tree_empty(0_id)) == Texts{"spawn web"});
    CHECK(driver.supervisor().exit_code() == 0);
}

TEST_CASE("always does not repeat a oneshot that succeeded") {
    core::ServiceSpec job = restarting(oneshot("job"));
    job.restart.when = core::Restart::Always;
    Driver driver{spec({job})};
    driver.bring_up();
    (void)driver.gone(0_id, ExitStatus::exited(0));

    CHECK(acts(driver.children_gone()) == Texts{"exit 0"});
}

TEST_CASE("a start that fails counts as an attempt") {
    core::ServiceSpec web = restarting(service("web"));
    web.ready.kind = core::Readiness::Kind::Notify;
    web.ready.timeout = Duration{500};
    web.restart.max_attempts = 1;
    web.restart.window = Duration{100};
    Driver driver{spec({web})};
    (void)driver.boot();
    SUBCASE("fork") {
        CHECK(driver.spawn_failed(0_id, 11) ==
              Texts{"report SpawnFailed web (11), again in 200ms, 1 of 1"});
        (void)driver.after(Duration{200});
        CHECK(driver.spawn_failed(0_id, 11).front() ==
              "report SpawnFailed web (11), gives up after 1 of 1");
        CHECK(driver.supervisor().exit_code() == 71);
    }
    SUBCASE("set-up, however long it took") {
        (void)driver.spawned(0_id);
        (void)driver.after(Duration{5000});
        (void)driver.start_failed(0_id);
        CHECK(driver.exited(0_id, 127).front() ==
              "report StartFailed web 5s, again in 200ms, 1 of 1");
        (void)driver.tree_empty(0_id);
        (void)driver.after(Duration{200});
        (void)driver.spawned(0_id);
        (void)driver.after(Duration{5000});
        (void)driver.start_failed(0_id);
        CHECK(driver.exited(0_id, 127).front() ==
              "report StartFailed web 5s (127), gives up after 1 of 1");
    }
    SUBCASE("readiness, however long it was waited for") {
        (void)driver.spawned(0_id);
        (void)driver.executed(0_id);
        CHECK(driver.after(Duration{500}).front() ==
              "report ReadyTimeout web 500ms, again in 200ms, 1 of 1");
        CHECK(driver.killed(0_id, base::kSigTerm).front() ==
              "report Exited web 500ms, again in 200ms, 1 of 1");
        (void)driver.tree_empty(0_id);
        CHECK(acts(driver.after(Duration{200})) == Texts{"spawn web"});
        (void)driver.spawned(0_id);
        (void)driver.executed(0_id);
        CHECK(driver.after(Duration{500}).front() ==
              "report ReadyTimeout web 500ms, gives up after 1 of 1");
        CHECK(driver.supervisor().exit_code() == 70);
    }
}

TEST_CASE("what requires a service that restarts stops in order and comes back in order") {
    Driver driver{spec({restarting(service("db")), service("php", {0_id}), service("web", {1_id}),
                        service("other")})};
    driver.bring_up();

    CHECK(driver.exited(0_id, 1) ==
          Texts{"report Exited db, again in 200ms, 1 of 5", "watch db", "TERM tree db",
                "CONT tree db", "report RequirementDown php because of db",
                "report RequirementDown web because of php", "report Stopping web TERM",
                "TERM main web", "CONT main web"});
    (void)driver.tree_empty(0_id);
    CHECK(driver.after(Duration{200}).empty());
    CHECK(driver.state(0_id) == State::Waiting);
    CHECK(driver.hold(0_id) == core::Hold::Kind::Requirer);
    CHECK(driver.hold(1_id) == core::Hold::Kind::Requirer);
    CHECK(acts(driver.gone(2_id, ExitStatus::exited(3))).back() == "CONT main php");
    CHECK(driver.state(2_id) == State::Waiting);
    CHECK(acts(driver.gone(1_id, ExitStatus::exited(4))).back() == "spawn db");
    CHECK(driver.hold(1_id) == core::Hold::Kind::Requirement);
    (void)driver.spawned(0_id);
    CHECK(acts(driver.executed(0_id)) == Texts{"spawn php"});
    (void)driver.spawned(1_id);
    CHECK(acts(driver.executed(1_id)) == Texts{"spawn web"});
    driver.come_up(2_id);
    CHECK(driver.supervisor().health() == Health::Healthy);
    CHECK(driver.supervisor().exit_code() == 0);
}

TEST_CASE("what only comes after a service that restarts stays up") {
    core::ServiceSpec web = service("web");
    web.after = {0_id};
    Driver driver{spec({restarting(service("db")), web})};
    driver.bring_up();
    CHECK(acts(driver.exited(0_id, 1)) == Texts{"watch db", "TERM tree db", "CONT tree db"});
    (void)driver.tree_empty(0_id);
    CHECK(acts(driver.after(Duration{200})) == Texts{"spawn db"});
    CHECK(driver.state(1_id) == State::Up);
}

TEST_CASE("a requirer that ended by itself meanwhile comes back as well") {
    Driver driver{spec({restarting(service("db")), service("web", {0_id})})};
    driver.bring_up();
    (void)driver.exited(0_id, 1);
    CHECK(driver.killed(1_id, base::kSigAbrt).front() == "report Exited web");
    CHECK_FALSE(driver.supervisor().is_stopping());
    (void)driver.tree_empty(1_id);
    CHECK(driver.state(1_id) == State::Waiting);
}

TEST_CASE("what waits for a service that is given up fails") {
    core::ServiceSpec db = restarting(optional(service("db")));
    db.ready.kind = core::Readiness::Kind::Notify;
    db.restart.max_attempts = 1;
    db.restart.give_up = core::GiveUp::Stop;
    Driver driver{spec({db, optional(restarting(service("web", {0_id}))), service("other")})};
    (void)driver.boot();
    (void)driver.spawn_failed(0_id, 11);
    (void)driver.after(Duration{200});

    CHECK(driver.spawn_failed(0_id, 11)[1] == "report DependencyFailed web because of db");
    CHECK(driver.state(1_id) == State::Failed);
}

TEST_CASE("the container waits for a restart, and a stop does not") {
    Driver driver{spec({restarting(service("web"))})};
    driver.bring_up();
    SUBCASE("during the delay") {
        (void)driver.gone(0_id, ExitStatus::exited(1));
        CHECK(driver.state(0_id) == State::Backoff);
        CHECK(acts(driver.signal(base::kSigTerm)) == Texts{"TERM all", "CONT all"});
        CHECK(driver.state(0_id) == State::Stopped);
    }
    SUBCASE("before it") {
        (void)driver.exited(0_id, 1);
        (void)driver.signal(base::kSigTerm);
        (void)driver.tree_empty(0_id);
        CHECK(driver.state(0_id) == State::Stopped);
    }
    CHECK(acts(driver.children_gone()) == Texts{"exit 0"});
}

TEST_CASE("no second run begins beside what not even KILL ended") {
    core::ServiceSpec db = restarting(service("db"));
    db.stop_timeout = Duration{100};
    Driver driver{spec({db})};
    driver.bring_up();
    (void)driver.restart(0_id);
    CHECK(acts(driver.after(Duration{100})) == Texts{"KILL tree db"});
    CHECK(driver.after(Duration{1000}).empty());
    CHECK(driver.state(0_id) == State::Stopping);
    CHECK(driver.hold(0_id) == core::Hold::Kind::OwnProcesses);
    CHECK(driver.deadline() == Duration{-1});
    (void)driver.killed(0_id, base::kSigKill);
    CHECK(acts(driver.tree_empty(0_id)) == Texts{"spawn db"});
}

TEST_CASE("what failed names the requirement that it failed with, and who gave up says so") {
    auto db = service("db");
    db.is_essential = false;
    db.restart.when = core::Restart::OnFailure;
    db.restart.max_attempts = 1;
    db.restart.give_up = core::GiveUp::Stop;
    auto php = service("php", {0_id});
    auto web = service("web", {1_id});
    auto other = service("other");
    php.is_essential = web.is_essential = false;
    Driver driver{spec({db, php, web, other})};
    driver.bring_up();
    for (int run = 0; run < 2; ++run) {
        (void)driver.gone(0_id, ExitStatus::exited(3));
        (void)driver.gone(2_id, ExitStatus::exited(0));
        (void)driver.gone(1_id, ExitStatus::exited(0));
        if (run == 0) {
            (void)driver.after(driver.deadline());
            driver.come_up(0_id);
            driver.come_up(1_id);
            driver.come_up(2_id);
        }
    }
    const auto& supervisor = driver.supervisor();
    CHECK(supervisor.has_given_up(0_id));
    CHECK_FALSE(supervisor.has_given_up(1_id));
    CHECK(supervisor.hold(0_id).kind == core::Hold::Kind::None);
    CHECK(supervisor.hold(1_id).kind == core::Hold::Kind::LostRequirement);
    CHECK(supervisor.hold(1_id).other == 0_id);
    CHECK(supervisor.hold(2_id).other == 1_id);
    (void)driver.start(0_id);
    CHECK_FALSE(supervisor.has_given_up(0_id));
}
