// SPDX-License-Identifier: MIT
#include "core/supervisor.hpp"
#include "core_driver.hpp"

using namespace core_test;
using core::Health;
using core::Hold;

namespace {

core::ServiceSpec optional(core::ServiceSpec spec) {
    spec.is_essential = false;
    return spec;
}

core::ServiceSpec every(Duration interval) {
    core::ServiceSpec job = oneshot("job");
    job.schedule.kind = core::Schedule::Kind::Every;
    job.schedule.every = interval;
    return job;
}

core::ServiceSpec cron(std::vector<ServiceId> requires_ = {}) {
    core::ServiceSpec job = oneshot("job", std::move(requires_));
    job.schedule.kind = core::Schedule::Kind::Cron;
    return job;
}

}  // namespace

TEST_CASE("a service stopped by hand stays down, and so does what requires it until it is back") {
    Driver driver{spec({service("db"), service("web", {0_id})})};
    driver.bring_up();
    CHECK(driver.stop(0_id) == Texts{"report StopAsked db",
                                     "report RequirementDown web because of db",
                                     "report Stopping web TERM", "TERM main web", "CONT main web"});
    CHECK(acts(driver.gone(1_id, ExitStatus::exited(1))).back() == "CONT main db");
    (void)driver.gone(0_id, ExitStatus::exited(1));
    CHECK(driver.state(0_id) == State::Stopped);
    CHECK(driver.hold(0_id) == Hold::Kind::ByHand);
    CHECK(driver.state(1_id) == State::Waiting);
    CHECK(driver.hold(1_id) == Hold::Kind::Requirement);
    CHECK(driver.supervisor().hold(1_id).other == 0_id);
    CHECK(driver.supervisor().health() == Health::Unhealthy);
    CHECK(driver.stop(0_id).empty());
    CHECK_FALSE(driver.supervisor().is_stopping());
    CHECK(driver.deadline() == Duration{-1});

    CHECK(driver.start(0_id) == Texts{"report StartAsked db", "spawn db", "report Starting db"});
    (void)driver.spawned(0_id);
    CHECK(acts(driver.executed(0_id)) == Texts{"spawn web"});
    CHECK(driver.supervisor().exit_code() == 0);
}

TEST_CASE("a service that is not enabled may be stopped again and nothing is wrong") {
    auto off = service("off");
    off.is_enabled = false;
    Driver driver{spec({off, service("web")})};
    driver.bring_up();
    CHECK(driver.supervisor().health() == Health::Healthy);
    (void)driver.start(0_id);
    CHECK(driver.supervisor().health() == Health::Starting);
    driver.come_up(0_id);
    (void)driver.stop(0_id);
    (void)driver.gone(0_id, ExitStatus::exited(0));
    CHECK(driver.state(0_id) == State::Stopped);
    CHECK(driver.supervisor().health(0_id) == Health::Healthy);
    CHECK(driver.supervisor().health() == Health::Healthy);
}

TEST_CASE("what is asked for brings up what it requires") {
    Driver driver{spec({service("db"), service("php", {0_id}), service("web", {1_id})})};
    driver.bring_up();
    (void)driver.stop(0_id);
    (void)driver.gone(2_id, ExitStatus::exited(0));
    (void)driver.gone(1_id, ExitStatus::exited(0));
    (void)driver.gone(0_id, ExitStatus::exited(0));

    CHECK(driver.start(2_id) == Texts{"report StartAsked db", "spawn db", "report Starting db"});
}

TEST_CASE("a service that failed can be started again, and its failure is forgotten") {
    Driver driver{spec(
        {optional(service("db")), optional(service("web", {0_id})), optional(service("other"))})};
    driver.bring_up();
    (void)driver.exited(0_id, 5);
    (void)driver.gone(1_id, ExitStatus::exited(0));
    (void)driver.tree_empty(0_id);
    CHECK(driver.state(1_id) == State::Failed);

    CHECK(driver.start(1_id) ==
          Texts{"report StartAsked web", "report StartAsked db", "spawn db", "report Starting db"});
    driver.come_up(0_id);
    driver.come_up(1_id);
    CHECK(driver.supervisor().health() == Health::Healthy);
    CHECK(driver.supervisor().exit_code() == 0);
    CHECK(driver.supervisor().service(0_id).restarts == 1);
}

TEST_CASE("a start ends the delay of a restart and forgets its attempts") {
    core::ServiceSpec web = service("web");
    web.restart.when = core::Restart::Always;
    Driver driver{spec({web})};
    driver.bring_up();
    SUBCASE("during the delay") {
        (void)driver.gone(0_id, ExitStatus::exited(1));
        CHECK(acts(driver.start(0_id)) == Texts{"spawn web"});
    }
    SUBCASE("before it") {
        (void)driver.exited(0_id, 1);
        CHECK(acts(driver.start(0_id)).empty());
        CHECK(acts(driver.tree_empty(0_id)) == Texts{"spawn web"});
    }
    driver.come_up(0_id);
    CHECK(driver.exited(0_id, 1).front() == "report Exited web, again in 200ms, 1 of 5");
}

TEST_CASE("a stop during the delay of a restart is the end of it") {
    core::ServiceSpec web = service("web");
    web.restart.when = core::Restart::Always;
    Driver driver{spec({web, service("db")})};
    driver.bring_up();
    SUBCASE("during the delay") {
        (void)driver.gone(0_id, ExitStatus::exited(1));
        CHECK(driver.stop(0_id) == Texts{"report StopAsked web"});
    }
    SUBCASE("before it") {
        (void)driver.exited(0_id, 1);
        CHECK(driver.stop(0_id) == Texts{"report StopAsked web"});
        (void)driver.tree_empty(0_id);
    }
    CHECK(driver.state(0_id) == State::Stopped);
    CHECK(driver.deadline() == Duration{-1});
}

TEST_CASE("a stop during set-up interrupts it") {
    Driver driver{spec({service("web"), service("db")})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    CHECK(acts(driver.stop(0_id)) == Texts{"TERM tree web", "CONT tree web"});
    (void)driver.gone(0_id, ExitStatus::killed(base::kSigTerm));
    CHECK(driver.state(0_id) == State::Stopped);
}

TEST_CASE("a start while it stops is a start after that, and a stop takes it back") {
    Driver driver{spec({service("web"), service("db")})};
    driver.bring_up();
    (void)driver.stop(0_id);
    CHECK(driver.start(0_id) == Texts{"report StartAsked web"});
    CHECK(driver.start(0_id).empty());
    SUBCASE("started") {
        (void)driver.exited(0_id, 0);
        CHECK(acts(driver.tree_empty(0_id)) == Texts{"spawn web"});
    }
    SUBCASE("stopped again") {
        (void)driver.stop(0_id);
        (void)driver.gone(0_id, ExitStatus::exited(0));
        CHECK(driver.state(0_id) == State::Stopped);
    }
}

TEST_CASE("a restart stops and starts, what requires it too") {
    Driver driver{spec({service("db"), service("web", {0_id})})};
    driver.bring_up();
    CHECK(driver.restart(0_id)[0] == "report RestartAsked db");
    CHECK(acts(driver.gone(1_id, ExitStatus::exited(0))).back() == "CONT main db");
    (void)driver.exited(0_id, 0);
    CHECK(acts(driver.tree_empty(0_id)) == Texts{"spawn db"});
    (void)driver.spawned(0_id);
    CHECK(acts(driver.executed(0_id)) == Texts{"spawn web"});
    CHECK(driver.supervisor().service(0_id).restarts == 1);
}

TEST_CASE("a restart of what is down is a start, and of a oneshot another run") {
    Driver driver{spec({oneshot("job"), service("web")})};
    driver.bring_up();
    (void)driver.gone(0_id, ExitStatus::exited(0));
    CHECK(driver.state(0_id) == State::Done);

    CHECK(driver.restart(0_id) ==
          Texts{"report RestartAsked job", "spawn job", "report Starting job"});
}

TEST_CASE("a start of what is up changes nothing") {
    Driver driver{spec({service("web")})};
    driver.bring_up();
    CHECK(driver.start(0_id).empty());
}

TEST_CASE("what is not enabled starts when asked to") {
    core::ServiceSpec off = optional(service("off"));
    off.is_enabled = false;
    Driver driver{spec({off, service("web")})};
    driver.bring_up();
    CHECK(driver.hold(0_id) == Hold::Kind::Disabled);
    CHECK(driver.supervisor().health() == Health::Healthy);

    CHECK(acts(driver.start(0_id)) == Texts{"spawn off"});
}

TEST_CASE("wishes are refused while the container stops") {
    Driver driver{spec({service("web"), service("db", {0_id})})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);
    CHECK(driver.start(0_id).empty());
    CHECK(driver.stop(0_id).empty());
    CHECK(driver.restart(0_id).empty());
}

TEST_CASE("nobody comes after what waits for a service that was stopped by hand") {
    core::ServiceSpec web = service("web");
    web.after = {1_id};
    web.restart.when = core::Restart::Always;
    Driver driver{spec({service("db"), service("php", {0_id}), web})};
    driver.bring_up();
    (void)driver.stop(0_id);
    (void)driver.gone(1_id, ExitStatus::exited(0));
    (void)driver.gone(0_id, ExitStatus::exited(0));
    (void)driver.gone(2_id, ExitStatus::exited(1));

    CHECK(acts(driver.after(Duration{200})) == Texts{"spawn web"});
}

TEST_CASE("a schedule runs a oneshot every interval, from the start of the last run on") {
    Driver driver{spec({every(Duration{1000})})};
    CHECK(driver.boot().empty());
    CHECK(driver.state(0_id) == State::Scheduled);
    CHECK(driver.supervisor().health() == Health::Healthy);
    CHECK(driver.hold(0_id) == Hold::Kind::Schedule);
    CHECK(driver.after(Duration{999}).empty());
    CHECK(driver.supervisor().next_run(0_id) == core::Instant{Duration{1'001'000}});
    CHECK(acts(driver.after(Duration{1})) == Texts{"spawn job"});
    driver.come_up(0_id);
    (void)driver.after(Duration{400});
    CHECK(driver.exited(0_id, 0).front() == "report Done job 400ms");
    (void)driver.tree_empty(0_id);
    CHECK(driver.state(0_id) == State::Scheduled);

    CHECK(driver.deadline() == Duration{600});
    CHECK(acts(driver.after(Duration{600})) == Texts{"spawn job"});
}

TEST_CASE("a run that is not over when the next is due is not doubled") {
    Driver driver{spec({every(Duration{1000})})};
    (void)driver.boot();
    (void)driver.after(Duration{1000});
    driver.come_up(0_id);
    CHECK(driver.after(Duration{1000}) == Texts{"report RunSkipped job"});
    CHECK(driver.deadline() == Duration{1000});
}

TEST_CASE("a scheduled run that fails is tried again by its policy, then waits for its date") {
    core::ServiceSpec job = cron();
    job.restart = {.when = core::Restart::OnFailure, .max_attempts = 1};
    job.restart.give_up = core::GiveUp::Stop;
    Driver driver{spec({job})};
    (void)driver.boot();
    CHECK(acts(driver.due(0_id)) == Texts{"spawn job"});
    driver.come_up(0_id);
    (void)driver.gone(0_id, ExitStatus::exited(1));
    CHECK(driver.state(0_id) == State::Backoff);
    CHECK(driver.due(0_id) == Texts{"report RunSkipped job"});
    CHECK(acts(driver.after(Duration{200})) == Texts{"spawn job"});
    driver.come_up(0_id);
    (void)driver.gone(0_id, ExitStatus::exited(1));
    CHECK(driver.state(0_id) == State::Scheduled);
    (void)driver.due(0_id);
    driver.come_up(0_id);

    CHECK(driver.exited(0_id, 1).front() == "report Exited job, again in 200ms, 1 of 1");
}

TEST_CASE("a scheduled run needs what it requires") {
    Driver driver{spec({service("db"), cron({0_id})})};
    (void)driver.boot();
    CHECK(driver.due(1_id) == Texts{"report RunSkipped job because of db"});
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    CHECK(acts(driver.due(1_id)) == Texts{"spawn job"});
    driver.come_up(1_id);
    (void)driver.stop(0_id);
    (void)driver.gone(1_id, ExitStatus::killed(base::kSigTerm));
    CHECK(driver.state(1_id) == State::Scheduled);
}

TEST_CASE("only the failure of an essential schedule ends the container") {
    core::ServiceSpec job = cron();
    job.is_essential = true;
    Driver driver{spec({job})};
    (void)driver.boot();
    (void)driver.due(0_id);
    driver.come_up(0_id);
    (void)driver.gone(0_id, ExitStatus::exited(0));
    CHECK(driver.state(0_id) == State::Scheduled);
    (void)driver.due(0_id);
    driver.come_up(0_id);
    (void)driver.gone(0_id, ExitStatus::exited(6));
    CHECK(driver.supervisor().exit_code() == 6);
    CHECK(driver.supervisor().is_stopping());
}

TEST_CASE("a schedule that was stopped by hand rests until it is started, which is a run") {
    Driver driver{spec({every(Duration{1000})})};
    (void)driver.boot();
    (void)driver.stop(0_id);
    CHECK(driver.state(0_id) == State::Stopped);
    CHECK(driver.deadline() == Duration{-1});
    CHECK(driver.due(0_id).empty());
    CHECK_FALSE(driver.supervisor().is_stopping());
    CHECK(acts(driver.start(0_id)) == Texts{"spawn job"});
    CHECK(driver.deadline() == Duration{1000});
}

TEST_CASE("each state says what it waits for") {
    core::ServiceSpec web = service("web");
    web.ready.kind = core::Readiness::Kind::Notify;
    web.before_stop.command = {"drain"};
    core::ServiceSpec late = service("late");
    late.after = {0_id};
    Driver driver{spec({web, late})};
    (void)driver.boot();
    CHECK(driver.hold(0_id) == Hold::Kind::SetUp);
    CHECK(driver.hold(1_id) == Hold::Kind::After);
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    CHECK(driver.hold(0_id) == Hold::Kind::Readiness);
    (void)driver.ready(0_id);
    CHECK(driver.hold(0_id) == Hold::Kind::None);
    (void)driver.stop(0_id);
    CHECK(driver.hold(0_id) == Hold::Kind::Hook);
    (void)driver.hook_exited(0_id, ExitStatus::exited(0));
    CHECK(driver.hold(0_id) == Hold::Kind::OwnProcesses);
}
