// SPDX-License-Identifier: MIT
#include "core/supervisor.hpp"
#include "core_driver.hpp"

using namespace core_test;
using core::Health;

namespace {

core::ServiceSpec notifying(std::string name, std::vector<ServiceId> requires_ = {}) {
    core::ServiceSpec result = service(std::move(name), std::move(requires_));
    result.ready.kind = core::Readiness::Kind::Notify;
    return result;
}

core::ServiceSpec optional(core::ServiceSpec result) {
    result.is_essential = false;
    return result;
}

}  // namespace

TEST_CASE("boot starts what requires nothing and leaves the rest waiting") {
    Driver driver{spec({service("db"), service("web", {0_id})})};

    CHECK(driver.boot() == Texts{"spawn db", "report Starting db"});
    CHECK(driver.state(0_id) == State::Setup);
    CHECK(driver.state(1_id) == State::Waiting);
    CHECK(driver.supervisor().health() == Health::Starting);
}

TEST_CASE("a service without readiness is up once it is executed") {
    Driver driver{spec({service("db"), service("web", {0_id})})};
    (void)driver.boot();
    CHECK(driver.spawned(0_id).empty());
    CHECK(driver.supervisor().service(0_id).pid == base::Pid{100});

    CHECK(driver.executed(0_id) == Texts{"report Ready db", "spawn web", "report Starting web"});
    CHECK(driver.state(0_id) == State::Up);
    CHECK(driver.deadline() == Duration{-1});
}

TEST_CASE("a notifying service is up when it says so, and only then do others start") {
    Driver driver{spec({notifying("db"), service("web", {0_id})})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    CHECK(driver.executed(0_id).empty());
    CHECK(driver.state(0_id) == State::Starting);

    CHECK(acts(driver.ready(0_id)) == Texts{"spawn web"});
    CHECK(driver.supervisor().service(0_id).is_ready);
    CHECK(driver.ready(0_id).empty());
}

TEST_CASE("readiness that overtakes the news of the exec is kept") {
    Driver driver{spec({notifying("db")})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    CHECK(driver.ready(0_id).empty());
    CHECK(driver.state(0_id) == State::Setup);

    CHECK(driver.executed(0_id) == Texts{"report Ready db"});
}

TEST_CASE("a probe runs from exec to readiness") {
    core::ServiceSpec db = service("db");
    db.ready.kind = core::Readiness::Kind::Probe;
    Driver driver{spec({db})};
    (void)driver.boot();
    (void)driver.spawned(0_id);

    CHECK(driver.executed(0_id) == Texts{"probe db"});
    CHECK(driver.ready(0_id) == Texts{"report Ready db"});
    CHECK(driver.supervisor().health() == Health::Healthy);
}

TEST_CASE("a probe ends with the service it looks at") {
    core::ServiceSpec db = service("db");
    db.ready.kind = core::Readiness::Kind::Command;
    Driver driver{spec({db})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);

    CHECK(acts(driver.exited(0_id, 1)) ==
          Texts{"stop-probe db", "watch db", "TERM tree db", "CONT tree db"});
}

TEST_CASE("a oneshot is ready when it is done") {
    Driver driver{spec({oneshot("migrate"), service("web", {0_id})})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    CHECK(driver.executed(0_id).empty());
    CHECK(driver.state(0_id) == State::Starting);

    CHECK(driver.exited(0_id, 0) ==
          Texts{"report Done migrate", "watch migrate", "TERM tree migrate", "CONT tree migrate"});
    CHECK(driver.tree_empty(0_id) == Texts{"spawn web", "report Starting web"});
    CHECK(driver.state(0_id) == State::Done);
}

TEST_CASE("after waits for readiness or the end, whatever that end is") {
    core::ServiceSpec web = service("web");
    web.after = {0_id};
    Driver driver{spec({optional(notifying("cache")), web})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    CHECK(acts(driver.exited(0_id, 3)).size() == 3);

    CHECK(acts(driver.tree_empty(0_id)) == Texts{"spawn web"});
}

TEST_CASE("a disabled service is skipped and what requires it fails") {
    core::ServiceSpec off = service("off");
    off.is_enabled = false;
    Driver driver{spec({off, optional(service("web", {0_id})), service("db")})};

    CHECK(driver.boot() ==
          Texts{"report DependencyFailed web because of off", "spawn db", "report Starting db"});
    CHECK(driver.state(0_id) == State::Stopped);
    CHECK(driver.state(1_id) == State::Failed);
    CHECK(driver.supervisor().health(0_id) == core::Health::Healthy);
    CHECK(driver.supervisor().health(1_id) == core::Health::Unhealthy);
}

TEST_CASE("with everything disabled the container ends with 0 at once") {
    core::ServiceSpec off = service("off");
    off.is_enabled = false;
    Driver driver{spec({off})};
    (void)driver.boot();

    CHECK(driver.children_gone() == Texts{"report Exiting (0)", "exit 0"});
}

TEST_CASE("an essential service that fails ends the container with its code") {
    Driver driver{spec({service("db"), service("web", {0_id})})};
    driver.bring_up();

    CHECK(driver.exited(0_id, 5) ==
          Texts{"report Exited db (5)", "report ShutdownStarted db 8s", "watch db", "TERM tree db",
                "CONT tree db", "report Stopping web TERM", "TERM main web", "CONT main web"});
    CHECK(driver.supervisor().is_stopping());
    (void)driver.gone(1_id, ExitStatus::exited(0));
    CHECK(driver.tree_empty(0_id) == Texts{"TERM all", "CONT all", "report Draining 8s"});
    CHECK(driver.children_gone() == Texts{"report Exiting db (5)", "exit 5"});
}

TEST_CASE("an essential service that ends well unasked ends the container with its own code") {
    Driver driver{spec({service("db")})};
    driver.bring_up();

    CHECK(driver.exited(0_id, 0).front() == "report Exited db (70)");
    (void)driver.tree_empty(0_id);
    CHECK(driver.state(0_id) == State::Done);
    CHECK(acts(driver.children_gone()) == Texts{"exit 70"});
}

TEST_CASE("death by a signal ends the container with 128 and its number") {
    Driver driver{spec({service("db")})};
    driver.bring_up();

    (void)driver.gone(0_id, ExitStatus::killed(base::kSigKill));

    CHECK(driver.supervisor().exit_code() == 137);
}

TEST_CASE("a service that is not essential ends alone") {
    Driver driver{spec({optional(service("cache")), service("web")})};
    driver.bring_up();

    CHECK(driver.exited(0_id, 4) ==
          Texts{"report Exited cache", "watch cache", "TERM tree cache", "CONT tree cache"});
    CHECK(driver.tree_empty(0_id).empty());
    CHECK_FALSE(driver.supervisor().is_stopping());
    CHECK(driver.supervisor().health() == Health::Unhealthy);
    CHECK(driver.supervisor().health(0_id) == Health::Unhealthy);
    CHECK(driver.supervisor().health(1_id) == Health::Healthy);
}

TEST_CASE("what requires a service that ended is stopped in order and fails with it") {
    Driver driver{spec({optional(service("db")), optional(service("php", {0_id})),
                        optional(service("web", {1_id})), service("other")})};
    driver.bring_up();

    CHECK(driver.exited(0_id, 9) ==
          Texts{"report Exited db", "report DependencyFailed php because of db",
                "report DependencyFailed web because of php", "watch db", "TERM tree db",
                "CONT tree db", "report Stopping web TERM", "TERM main web", "CONT main web"});
    CHECK(acts(driver.gone(2_id, ExitStatus::exited(0))) ==
          Texts{"watch web", "TERM tree web", "CONT tree web", "TERM main php", "CONT main php"});
    (void)driver.gone(1_id, ExitStatus::killed(base::kSigTerm));
    CHECK(driver.state(1_id) == State::Failed);
    CHECK(driver.state(2_id) == State::Failed);
    CHECK_FALSE(driver.supervisor().is_stopping());
    CHECK(driver.supervisor().exit_code() == 9);
}

TEST_CASE("an essential service that loses what it requires ends the container") {
    Driver driver{spec({optional(service("db")), service("web", {0_id})})};
    driver.bring_up();

    CHECK(driver.exited(0_id, 9).front() == "report Exited db (9)");
    CHECK(driver.supervisor().is_stopping());
    CHECK(driver.supervisor().exit_code() == 9);
}

TEST_CASE("the last line names the service that failed by itself, not one it took along") {
    Driver driver{
        spec({optional(service("db")), optional(service("php", {0_id})), service("web", {1_id})})};
    driver.bring_up();

    CHECK(driver.exited(0_id, 9)[3] == "report ShutdownStarted db 8s");
    (void)driver.gone(2_id, ExitStatus::killed(base::kSigTerm));
    (void)driver.gone(1_id, ExitStatus::killed(base::kSigTerm));
    (void)driver.tree_empty(0_id);
    CHECK(driver.children_gone() == Texts{"report Exiting db (9)", "exit 9"});
}

TEST_CASE("the last line names the service that gave the code, even if another began the stop") {
    core::ServiceSpec job = oneshot("job");
    job.is_essential = true;
    Driver driver{spec({optional(service("db")), job})};
    driver.bring_up();

    SUBCASE("a signal") {
        (void)driver.signal(base::kSigTerm);
        (void)driver.gone(1_id, ExitStatus::killed(base::kSigTerm));
        (void)driver.gone(0_id, ExitStatus::exited(5));
        CHECK(driver.children_gone().front() == "report Exiting db TERM (5)");
    }
    SUBCASE("the end of a job") {
        (void)driver.gone(0_id, ExitStatus::exited(5));
        (void)driver.gone(1_id, ExitStatus::exited(0));
        CHECK(driver.children_gone().front() == "report Exiting db (5)");
    }
}

TEST_CASE("what waits for a service that failed never starts") {
    Driver driver{spec({optional(notifying("db")), service("web", {0_id})})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);

    CHECK(driver.exited(0_id, 2)[1] == "report DependencyFailed web because of db");
    CHECK(driver.state(1_id) == State::Failed);
    CHECK(driver.supervisor().exit_code() == 2);
}

TEST_CASE("only oneshots: the container ends with 0 when all succeeded") {
    Driver driver{spec({oneshot("a"), oneshot("b")})};
    driver.bring_up();
    (void)driver.gone(0_id, ExitStatus::exited(0));
    CHECK_FALSE(driver.supervisor().is_stopping());

    CHECK(acts(driver.gone(1_id, ExitStatus::exited(0))).back() == "CONT all");
    CHECK(acts(driver.children_gone()) == Texts{"exit 0"});
}

TEST_CASE("only oneshots: the first failure is the exit code") {
    Driver driver{spec({oneshot("a"), oneshot("b"), oneshot("c")})};
    driver.bring_up();
    (void)driver.gone(1_id, ExitStatus::exited(6));
    (void)driver.gone(0_id, ExitStatus::exited(7));
    (void)driver.gone(2_id, ExitStatus::exited(0));

    CHECK(acts(driver.children_gone()) == Texts{"exit 6"});
}

TEST_CASE("an essential oneshot ends the container when it is done") {
    core::ServiceSpec job = oneshot("job");
    job.is_essential = true;
    Driver driver{spec({job, service("proxy")})};
    driver.bring_up();

    CHECK(driver.exited(0_id, 0).front() == "report Done job (0)");
    CHECK(driver.supervisor().is_stopping());
    (void)driver.gone(1_id, ExitStatus::killed(base::kSigTerm));
    (void)driver.tree_empty(0_id);
    CHECK(acts(driver.children_gone()) == Texts{"exit 0"});
}

TEST_CASE("a start that fails is reported as such, with the child's code") {
    Driver driver{spec({service("db")})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    CHECK(driver.start_failed(0_id).empty());

    CHECK(driver.exited(0_id, 127).front() == "report StartFailed db (127)");
    CHECK(driver.supervisor().exit_code() == 127);
    (void)driver.tree_empty(0_id);
    CHECK(driver.children_gone() == Texts{"report Exiting db not started (127)", "exit 127"});
}

TEST_CASE("a fork that fails ends an essential service with 71") {
    Driver driver{spec({service("db"), service("web", {0_id})})};
    (void)driver.boot();

    CHECK(driver.spawn_failed(0_id, 11) == Texts{"report SpawnFailed db (11)",
                                                 "report ShutdownStarted db 8s not started",
                                                 "TERM all", "CONT all", "report Draining 8s"});
    CHECK(driver.state(0_id) == State::Failed);
    CHECK(driver.state(1_id) == State::Stopped);
    CHECK(driver.children_gone() == Texts{"report Exiting db not started (71)", "exit 71"});
}

TEST_CASE("a service that is not ready in time is stopped as failed") {
    core::ServiceSpec db = notifying("db");
    db.ready.timeout = Duration{500};
    db.stop_signal = base::kSigQuit;
    Driver driver{spec({db})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    CHECK(driver.deadline() == Duration{500});
    CHECK(driver.after(Duration{499}).empty());

    CHECK(driver.after(Duration{1}) ==
          Texts{"report ReadyTimeout db 500ms", "report ShutdownStarted db 8s not ready",
                "report Stopping db TERM", "TERM tree db", "CONT tree db"});
    CHECK(driver.supervisor().exit_code() == 70);

    SUBCASE("and its own exit code counts") {
        (void)driver.exited(0_id, 3);
        CHECK(driver.supervisor().exit_code() == 3);
    }
    SUBCASE("but not the end by our own signal") {
        (void)driver.killed(0_id, base::kSigTerm);
        CHECK(driver.supervisor().exit_code() == 70);
    }
    SUBCASE("nor an exit code of 0") {
        (void)driver.exited(0_id, 0);
        CHECK(driver.supervisor().exit_code() == 70);
    }
    (void)driver.tree_empty(0_id);
    CHECK(driver.state(0_id) == State::Failed);
    CHECK(driver.children_gone().front().starts_with("report Exiting db not ready ("));
}

TEST_CASE("a service that is not essential and not ready in time fails alone") {
    core::ServiceSpec db = optional(notifying("db"));
    db.ready.timeout = Duration{500};
    Driver driver{spec({db, optional(service("web", {0_id})), service("other")})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    (void)driver.after(Duration{500});
    CHECK(driver.supervisor().health() == Health::Unhealthy);

    CHECK(driver.killed(0_id, base::kSigTerm)[1] == "report DependencyFailed web because of db");
    CHECK_FALSE(driver.supervisor().is_stopping());
}

TEST_CASE("time can be extended before readiness") {
    core::ServiceSpec db = notifying("db");
    db.ready.timeout = Duration{500};
    Driver driver{spec({db})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);

    (void)driver.extended(0_id, Duration{2000});
    CHECK(driver.deadline() == Duration{2000});
    (void)driver.extended(0_id, Duration{100});
    CHECK(driver.deadline() == Duration{2000});
}

TEST_CASE("the main process can name its successor") {
    Driver driver{spec({service("db")})};
    driver.bring_up();

    (void)driver.step(
        {.kind = core::Event::Kind::MainPidChanged, .service = 0_id, .pid = base::Pid{4711}});

    CHECK(driver.supervisor().service(0_id).pid == base::Pid{4711});
}

TEST_CASE("signals go to the services that name them") {
    core::ServiceSpec web = service("web");
    web.signals = {{base::kSigUsr1, base::kSigHup}, {base::kSigWinch, core::Signal::None}};
    Driver driver{spec({web, service("db")})};
    driver.bring_up();

    CHECK(driver.signal(base::kSigUsr1) == Texts{"HUP main web"});
    CHECK(driver.signal(base::kSigWinch).empty());
    CHECK(driver.signal(base::kSigHup) == Texts{"report SignalDropped HUP"});
    CHECK(driver.signal(base::kSigHup).empty());
    CHECK(driver.signal(base::kSigUsr2) == Texts{"report SignalDropped USR2"});
}
