// SPDX-License-Identifier: MIT
#include "core/supervisor.hpp"
#include "core_driver.hpp"

using namespace core_test;
using core::Health;
using core::HealthAction;

namespace {

core::ServiceSpec checked(HealthAction action = HealthAction::None) {
    core::ServiceSpec web = service("web");
    web.health.kind = core::HealthCheck::Kind::Command;
    web.health.interval = Duration{1000};
    web.health.timeout = Duration{300};
    web.health.retries = 2;
    web.health.action = action;
    return web;
}

core::ServiceSpec watched() {
    core::ServiceSpec web = service("web");
    web.watchdog = Duration{500};
    return web;
}

}  // namespace

TEST_CASE("without a ready key the first probe comes at once, and only success is healthy") {
    Driver driver{spec({checked()})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    CHECK(driver.executed(0_id) == Texts{"report Ready web", "health-probe web"});
    CHECK(driver.state(0_id) == State::Up);
    CHECK(driver.supervisor().health() == Health::Starting);
    (void)driver.probed(0_id, 1);
    CHECK(driver.supervisor().health() == Health::Starting);

    CHECK(driver.after(Duration{1000}) == Texts{"health-probe web (last)"});
    CHECK(driver.probed(0_id, 0).empty());
    CHECK(driver.supervisor().health() == Health::Healthy);
}

TEST_CASE("where readiness was proved the first probe comes after the interval") {
    core::ServiceSpec web = checked();
    web.ready.kind = core::Readiness::Kind::Notify;
    Driver driver{spec({web})};
    driver.bring_up();
    CHECK(driver.supervisor().health() == Health::Healthy);
    CHECK(driver.deadline() == Duration{1000});

    CHECK(driver.after(Duration{1000}) == Texts{"health-probe web"});
}

TEST_CASE("the interval runs from the end of a probe to the start of the next") {
    Driver driver{spec({checked()})};
    driver.bring_up();
    CHECK(driver.deadline() == Duration{300});
    (void)driver.after(Duration{200});
    (void)driver.probed(0_id, 0);
    CHECK(driver.deadline() == Duration{1000});
    (void)driver.probed(0_id, 1);  // nobody asked
    CHECK(driver.deadline() == Duration{1000});

    CHECK(driver.after(Duration{1000}) == Texts{"health-probe web"});
}

TEST_CASE("a probe that is too late is killed, counts, and is waited for") {
    Driver driver{spec({checked()})};
    driver.bring_up();
    CHECK(driver.after(Duration{300}) == Texts{"stop-health-probe web"});
    CHECK(driver.deadline() == Duration{-1});
    CHECK(driver.after(Duration{100'000}).empty());
    CHECK(driver.probed(0_id, 0).empty());
    CHECK(driver.deadline() == Duration{1000});

    CHECK(driver.after(Duration{1000}) == Texts{"health-probe web (last)"});
    CHECK(driver.after(Duration{300}) ==
          Texts{"stop-health-probe web (last)", "report Unhealthy web (2)"});
    CHECK(driver.supervisor().health() == Health::Unhealthy);
}

TEST_CASE("failures in a row make it unhealthy once, one success heals") {
    Driver driver{spec({checked()})};
    driver.bring_up();
    (void)driver.probed(0_id, 1);
    (void)driver.after(Duration{1000});
    (void)driver.probed(0_id, 0);
    (void)driver.after(Duration{1000});
    (void)driver.probed(0_id, 1);
    (void)driver.after(Duration{1000});
    CHECK(driver.probed(0_id, 2) == Texts{"report Unhealthy web (2)"});
    CHECK(driver.supervisor().health() == Health::Unhealthy);
    CHECK(driver.supervisor().service(0_id).is_healthy == false);
    CHECK(driver.after(Duration{1000}) == Texts{"health-probe web"});
    CHECK(driver.probed(0_id, 1).empty());
    (void)driver.after(Duration{1000});

    CHECK(driver.probed(0_id, 0) == Texts{"report Healthy web 2s"});
    CHECK(driver.supervisor().health() == Health::Healthy);
    CHECK_FALSE(driver.supervisor().is_stopping());
}

TEST_CASE("failures within the start period do not count") {
    core::ServiceSpec web = checked();
    web.health.retries = 1;
    web.health.start_period = Duration{1500};
    Driver driver{spec({web})};
    driver.bring_up();
    (void)driver.probed(0_id, 1);
    (void)driver.after(Duration{1000});
    CHECK(driver.probed(0_id, 1).empty());
    CHECK(driver.supervisor().health() == Health::Starting);
    (void)driver.after(Duration{1000});

    CHECK(driver.probed(0_id, 1) == Texts{"report Unhealthy web (1)"});
}

TEST_CASE("action = restart stops the service and what requires it, and starts both again") {
    Driver driver{spec({checked(HealthAction::Restart), service("proxy", {0_id})})};
    driver.bring_up();
    (void)driver.probed(0_id, 1);
    (void)driver.after(Duration{1000});

    CHECK(driver.probed(0_id, 1) == Texts{"report Unhealthy web (2), again in 200ms, 1 of 5",
                                          "report RequirementDown proxy because of web",
                                          "report Stopping proxy TERM", "TERM main proxy",
                                          "CONT main proxy"});
    CHECK(driver.hold(0_id) == core::Hold::Kind::Requirer);
    CHECK(acts(driver.gone(1_id, ExitStatus::exited(0))).back() == "CONT main web");
    CHECK(driver.killed(0_id, base::kSigTerm).front() ==
          "report Exited web 1s, again in 200ms, 1 of 5");
    (void)driver.tree_empty(0_id);
    CHECK(acts(driver.after(Duration{200})) == Texts{"spawn web"});
    (void)driver.spawned(0_id);
    CHECK(acts(driver.executed(0_id)) == Texts{"health-probe web", "spawn proxy"});
    CHECK(driver.supervisor().exit_code() == 0);
}

TEST_CASE("a service that is unhealthy too often is given up") {
    core::ServiceSpec web = checked(HealthAction::Restart);
    web.health.retries = 1;
    web.restart.max_attempts = 1;
    SUBCASE("and the container with it") {
        Driver driver{spec({web, service("db")})};
        driver.bring_up();
        (void)driver.probed(0_id, 1);
        (void)driver.gone(0_id, ExitStatus::killed(base::kSigTerm));
        (void)driver.after(Duration{200});
        driver.come_up(0_id);
        CHECK(driver.probed(0_id, 1).front() == "report Unhealthy web (1), gives up after 1 of 1");
        (void)driver.gone(0_id, ExitStatus::killed(base::kSigTerm));
        (void)driver.gone(1_id, ExitStatus::killed(base::kSigTerm));
        CHECK(driver.children_gone() == Texts{"report Exiting web unhealthy (70)", "exit 70"});
    }
    SUBCASE("and what requires it, in order") {
        web.restart.give_up = core::GiveUp::Stop;
        Driver driver{spec({web, service("proxy", {0_id}), service("db")})};
        driver.bring_up();
        (void)driver.probed(0_id, 1);
        (void)driver.gone(1_id, ExitStatus::killed(base::kSigTerm));
        (void)driver.gone(0_id, ExitStatus::killed(base::kSigTerm));
        (void)driver.after(Duration{200});
        driver.come_up(0_id);
        driver.come_up(1_id);
        CHECK(driver.probed(0_id, 1) == Texts{"report Unhealthy web (1), gives up after 1 of 1",
                                              "report DependencyFailed proxy because of web",
                                              "report Stopping proxy TERM", "TERM main proxy",
                                              "CONT main proxy"});
        (void)driver.gone(1_id, ExitStatus::killed(base::kSigTerm));
        (void)driver.gone(0_id, ExitStatus::exited(3));
        CHECK(driver.state(0_id) == State::Failed);
        CHECK_FALSE(driver.supervisor().is_stopping());
        CHECK(driver.supervisor().exit_code() == 3);
    }
}

TEST_CASE("action = exit ends the container, even for a service that is not essential") {
    core::ServiceSpec web = checked(HealthAction::Exit);
    web.health.retries = 1;
    web.is_essential = false;
    web.restart.when = core::Restart::Always;
    Driver driver{spec({web, service("db")})};
    driver.bring_up();

    CHECK(driver.probed(0_id, 1)[1] == "report ShutdownStarted web 8s unhealthy");
    CHECK(driver.supervisor().exit_code() == 70);
    SUBCASE("with its own code, if it has one") {
        (void)driver.gone(0_id, ExitStatus::exited(4));
        CHECK(driver.supervisor().exit_code() == 4);
    }
    SUBCASE("else with the unexpected-exit-code") {
        (void)driver.gone(0_id, ExitStatus::exited(0));
        CHECK(driver.supervisor().exit_code() == 70);
    }
}

TEST_CASE("a probe ends with its service, and the next run waits for its end") {
    core::ServiceSpec web = checked();
    web.restart.when = core::Restart::Always;
    Driver driver{spec({web})};
    driver.bring_up();
    CHECK(acts(driver.exited(0_id, 1)).front() == "stop-health-probe web");
    (void)driver.tree_empty(0_id);
    (void)driver.after(Duration{200});
    (void)driver.spawned(0_id);
    CHECK(driver.executed(0_id) == Texts{"report Ready web"});

    CHECK(driver.probed(0_id, 1) == Texts{"health-probe web"});
    CHECK(driver.supervisor().service(0_id).is_healthy == std::nullopt);
}

TEST_CASE("nothing is probed while the container stops") {
    Driver driver{spec({checked(), service("proxy", {0_id})})};
    driver.bring_up();
    CHECK(acts(driver.signal(base::kSigTerm)).front() == "stop-health-probe web");
    (void)driver.probed(0_id, 1);

    CHECK(driver.deadline() == Duration{8000});
}

TEST_CASE("a watchdog that is fed bites nobody") {
    Driver driver{spec({watched()})};
    driver.bring_up();
    CHECK(driver.deadline() == Duration{500});
    (void)driver.after(Duration{499});
    CHECK(driver.fed(0_id).empty());
    CHECK(driver.deadline() == Duration{500});
}

TEST_CASE("what came in time counts, however late PID 1 looks") {
    auto late = watched();
    late.name = "late";
    Driver driver{spec({watched(), late})};
    driver.bring_up();
    driver.pass(Duration{800});
    CHECK(driver.fed(0_id).empty());
    CHECK(driver.fed(1_id).empty());
    CHECK(driver.after(Duration{0}).empty());
    CHECK(driver.deadline() == Duration{500});
}

TEST_CASE("a pause of the container is nobody's silence") {
    auto slow = watched();
    slow.ready.kind = core::Readiness::Kind::Notify;
    slow.ready.timeout = Duration{1000};
    Driver driver{spec({watched(), slow})};
    (void)driver.boot();
    driver.come_up(0_id);
    (void)driver.spawned(1_id);
    (void)driver.executed(1_id);
    CHECK(driver.paused(Duration{3000}).empty());
    CHECK(driver.after(Duration{0}).empty());
    CHECK(driver.deadline() == Duration{500});
    (void)driver.fed(0_id);
    (void)driver.ready(1_id);
    CHECK(driver.after(Duration{499}).empty());
}

TEST_CASE("a pause lengthens a service's stop, not the container's") {
    core::ServiceSpec web = watched();
    web.stop_timeout = Duration{1000};
    Driver driver{spec({web})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);
    CHECK(driver.paused(Duration{3000}).empty());
    CHECK(driver.after(Duration{0}).empty());
    CHECK(driver.deadline() == Duration{1000});
    (void)driver.paused(Duration{5000});
    CHECK(acts(driver.after(Duration{0})) == Texts{"KILL tree web", "KILL all"});
}

TEST_CASE("a watchdog begins when the service is up") {
    core::ServiceSpec web = watched();
    web.ready.kind = core::Readiness::Kind::Notify;
    Driver driver{spec({web})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    CHECK(driver.fed(0_id).empty());
    CHECK(driver.watchdog_failed(0_id).empty());
    CHECK(driver.deadline() == Duration{-1});
}

TEST_CASE("a service may set its watchdog for the rest of its run, from now on") {
    core::ServiceSpec web = watched();
    web.restart.when = core::Restart::Always;
    Driver driver{spec({web})};
    driver.bring_up();
    (void)driver.after(Duration{400});
    CHECK(driver.watchdog_set(0_id, Duration{800}).empty());
    CHECK(driver.deadline() == Duration{800});
    (void)driver.after(Duration{700});
    CHECK(driver.fed(0_id).empty());
    CHECK(driver.after(Duration{800}).front() ==
          "report WatchdogMissed web 800ms, again in 200ms, 1 of 5");
    (void)driver.gone(0_id, ExitStatus::killed(base::kSigAbrt));
    (void)driver.after(Duration{200});
    driver.come_up(0_id);
    CHECK(driver.deadline() == Duration{500});
    CHECK(driver.watchdog_set(0_id, Duration{0}).empty());
    CHECK(driver.deadline() == Duration{-1});
    CHECK(driver.fed(0_id).empty());
    CHECK(driver.watchdog_failed(0_id).empty());
}

TEST_CASE("a watchdog that is set during the start begins when the service is up") {
    core::ServiceSpec web = service("web");
    web.ready.kind = core::Readiness::Kind::Notify;
    Driver driver{spec({web})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    CHECK(driver.watchdog_set(0_id, Duration{300}).empty());
    CHECK(driver.deadline() == Duration{-1});
    (void)driver.ready(0_id);
    CHECK(driver.deadline() == Duration{300});
    (void)driver.stop(0_id);
    CHECK(driver.watchdog_set(0_id, Duration{100}).empty());
    CHECK(driver.deadline() == Duration{8000});
}

TEST_CASE("a service that misses its watchdog gets ABRT and fails") {
    Driver driver{spec({watched()})};
    driver.bring_up();
    CHECK(driver.after(Duration{500}) ==
          Texts{"report WatchdogMissed web 500ms", "report ShutdownStarted web 8s watchdog missed",
                "report Stopping web ABRT", "ABRT main web", "CONT main web"});
    (void)driver.gone(0_id, ExitStatus::killed(base::kSigAbrt));

    CHECK(driver.children_gone() == Texts{"report Exiting web watchdog missed (70)", "exit 70"});
}

TEST_CASE("a service that misses its watchdog restarts by its policy, and KILL helps ABRT") {
    core::ServiceSpec web = watched();
    web.restart.when = core::Restart::OnFailure;
    web.stop_timeout = Duration{100};
    Driver driver{spec({web})};
    driver.bring_up();
    CHECK(driver.watchdog_failed(0_id).front() ==
          "report WatchdogMissed web, again in 200ms, 1 of 5");
    CHECK(acts(driver.after(Duration{100})) == Texts{"KILL tree web"});
    CHECK(driver.killed(0_id, base::kSigKill).front() ==
          "report Exited web 100ms, again in 200ms, 1 of 5");
    (void)driver.tree_empty(0_id);

    CHECK(acts(driver.after(Duration{200})) == Texts{"spawn web"});
}
