// SPDX-License-Identifier: MIT
#include "core/supervisor.hpp"
#include "core_driver.hpp"

using namespace core_test;

namespace {

core::ServiceSpec notifying(std::string name) {
    core::ServiceSpec result = service(std::move(name));
    result.ready.kind = core::Readiness::Kind::Notify;
    return result;
}

}  // namespace

TEST_CASE("services go down in reverse order, each by its own signal") {
    core::ServiceSpec web = service("web", {0_id});
    web.stop_signal = base::kSigQuit;
    web.kill_mode = core::KillMode::Group;
    Driver driver{spec({service("db"), web})};
    driver.bring_up();

    CHECK(driver.signal(base::kSigTerm) == Texts{"report ShutdownStarted TERM 8s",
                                                 "report Stopping web QUIT", "QUIT tree web",
                                                 "CONT tree web"});
    CHECK(acts(driver.killed(1_id, base::kSigQuit)) ==
          Texts{"watch web", "TERM tree web", "CONT tree web"});
    CHECK(acts(driver.tree_empty(1_id)) == Texts{"TERM main db", "CONT main db"});
    (void)driver.exited(0_id, 143);
    CHECK(acts(driver.tree_empty(0_id)) == Texts{"TERM all", "CONT all"});
    CHECK(driver.children_gone() == Texts{"report Exiting TERM (0)", "exit 0"});
    CHECK(driver.deadline() == Duration{-1});
}

TEST_CASE("what comes after a service stops before it too") {
    core::ServiceSpec web = service("web");
    web.after = {0_id};
    Driver driver{spec({service("db"), web})};
    driver.bring_up();

    CHECK(acts(driver.signal(base::kSigInt)) == Texts{"TERM main web", "CONT main web"});
}

TEST_CASE("independent services stop in parallel") {
    Driver driver{spec({service("a"), service("b")})};
    driver.bring_up();

    CHECK(acts(driver.signal(base::kSigTerm)) ==
          Texts{"TERM main a", "CONT main a", "TERM main b", "CONT main b"});
}

TEST_CASE("a stop during set-up is TERM, and no failure") {
    core::ServiceSpec db = service("db");
    db.stop_signal = base::kSigQuit;
    Driver driver{spec({db, service("web", {0_id})})};
    (void)driver.boot();
    (void)driver.spawned(0_id);

    CHECK(acts(driver.signal(base::kSigTerm)) == Texts{"TERM tree db", "CONT tree db"});
    CHECK(driver.state(1_id) == State::Stopped);
    (void)driver.start_failed(0_id);
    (void)driver.gone(0_id, ExitStatus::exited(71));
    CHECK(acts(driver.children_gone()) == Texts{"exit 0"});
}

TEST_CASE("a failure to start that came before the stop remains one") {
    Driver driver{spec({service("db")})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.start_failed(0_id);
    (void)driver.signal(base::kSigTerm);

    (void)driver.gone(0_id, ExitStatus::exited(127));

    CHECK(acts(driver.children_gone()) == Texts{"exit 127"});
}

TEST_CASE("a stop between fork and its answer reaches the child") {
    Driver driver{spec({service("db")})};
    (void)driver.boot();
    CHECK(acts(driver.signal(base::kSigTerm)).empty());

    CHECK(acts(driver.spawned(0_id)) == Texts{"TERM tree db", "CONT tree db"});
    CHECK(driver.executed(0_id).empty());
    CHECK(driver.state(0_id) == State::Stopping);
}

TEST_CASE("a stop before boot starts nothing") {
    Driver driver{spec({service("db")})};

    CHECK(acts(driver.signal(base::kSigTerm)) == Texts{"TERM all", "CONT all"});
    CHECK(driver.boot().empty());
    CHECK(acts(driver.children_gone()) == Texts{"exit 0"});
}

TEST_CASE("a service that is not ready yet gets TERM and loses its probe") {
    core::ServiceSpec db = service("db");
    db.ready.kind = core::Readiness::Kind::Probe;
    db.stop_signal = base::kSigQuit;
    Driver driver{spec({db})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);

    CHECK(acts(driver.signal(base::kSigTerm)) ==
          Texts{"stop-probe db", "TERM tree db", "CONT tree db"});
    CHECK(driver.ready(0_id).empty());
}

TEST_CASE("a oneshot that our stop interrupts is no failure") {
    Driver driver{spec({oneshot("job")})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);

    (void)driver.gone(0_id, ExitStatus::exited(1));

    CHECK(driver.state(0_id) == State::Stopped);
    CHECK(acts(driver.children_gone()) == Texts{"exit 0"});
}

TEST_CASE("a service that fails while it stops gives the container its code") {
    Driver driver{spec({service("a"), service("b")})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);
    (void)driver.gone(1_id, ExitStatus::exited(4));
    (void)driver.gone(0_id, ExitStatus::exited(5));

    CHECK(acts(driver.children_gone()) == Texts{"exit 4"});
}

TEST_CASE("a requested stop forgets what failed before it") {
    core::ServiceSpec cache = service("cache");
    cache.is_essential = false;
    Driver driver{spec({cache, service("db")})};
    driver.bring_up();
    (void)driver.gone(0_id, ExitStatus::exited(4));
    (void)driver.signal(base::kSigTerm);
    (void)driver.gone(1_id, ExitStatus::exited(0));

    CHECK(acts(driver.children_gone()) == Texts{"exit 0"});
}

TEST_CASE("a service that ignores its stop signal is killed at its timeout and counts as 137") {
    core::ServiceSpec db = service("db");
    db.stop_timeout = Duration{3000};
    Driver driver{spec({db})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);
    CHECK(driver.deadline() == Duration{3000});

    CHECK(driver.after(Duration{3000}) == Texts{"report StopTimeout db 3s", "KILL tree db"});
    CHECK(acts(driver.killed(0_id, base::kSigKill)) == Texts{"watch db", "KILL tree db"});
    (void)driver.tree_empty(0_id);
    CHECK(acts(driver.children_gone()) == Texts{"exit 137"});
}

TEST_CASE("leftovers of a service are killed at its timeout without harm to its result") {
    core::ServiceSpec db = service("db");
    db.stop_timeout = Duration{3000};
    Driver driver{spec({db})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);
    (void)driver.after(Duration{1000});
    (void)driver.exited(0_id, 0);
    CHECK(driver.deadline() == Duration{2000});

    CHECK(driver.after(Duration{2000}) == Texts{"report StopTimeout db 3s", "KILL tree db"});
    (void)driver.tree_empty(0_id);
    CHECK(acts(driver.children_gone()) == Texts{"exit 0"});
}

TEST_CASE("what not even KILL ends is given up after a second") {
    core::ServiceSpec db = service("db");
    db.stop_timeout = Duration{1000};
    Driver driver{spec({db})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);
    (void)driver.after(Duration{1000});

    CHECK(acts(driver.after(Duration{1000})) == Texts{"TERM all", "CONT all"});
    CHECK(driver.state(0_id) == State::Failed);
    CHECK(driver.supervisor().exit_code() == 137);
}

TEST_CASE("the budget ends every stop") {
    core::ServiceSpec db = service("db");
    db.stop_timeout = Duration{60'000};
    Driver driver{spec({db, service("web", {0_id})})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);

    CHECK(driver.after(Duration{8000}) == Texts{"report StopTimeout db 8s",
                                                "report StopTimeout web 8s", "KILL tree db",
                                                "KILL tree web", "KILL all"});
    CHECK(driver.deadline() == Duration{1000});
    CHECK(driver.killed(0_id, base::kSigKill) == Texts{"report Exited db 8s"});
    (void)driver.killed(1_id, base::kSigKill);
    CHECK(driver.children_gone() == Texts{"report Exiting db TERM (137)", "exit 137"});
}

TEST_CASE("the container leaves without what KILL does not end") {
    Driver driver{spec({service("db")})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);
    (void)driver.after(Duration{8000});

    CHECK(acts(driver.after(Duration{1000})) == Texts{"exit 137"});
    CHECK(driver.step({.kind = core::Event::Kind::Tick}).empty());
}

TEST_CASE("a second stop signal kills everything now and skips the linger") {
    core::Spec two = spec({service("db"), service("web", {0_id})});
    two.linger = Duration{2000};
    Driver driver{two};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);

    CHECK(driver.signal(base::kSigInt) ==
          Texts{"report StopNow INT", "KILL tree db", "KILL tree web", "KILL all"});
    CHECK(driver.signal(base::kSigInt).empty());
    (void)driver.killed(1_id, base::kSigKill);
    (void)driver.killed(0_id, base::kSigKill);
    CHECK(acts(driver.children_gone()) == Texts{"exit 137"});
}

TEST_CASE("the first stop signal after a stop by other causes changes nothing") {
    Driver driver{spec({service("db"), service("web", {0_id})})};
    driver.bring_up();
    (void)driver.exited(0_id, 5);

    CHECK(driver.signal(base::kSigTerm).empty());
    CHECK(acts(driver.signal(base::kSigTerm)).back() == "KILL all");
    CHECK(driver.supervisor().exit_code() == 5);
}

TEST_CASE("processes that no service owns get the rest of the budget") {
    Driver driver{spec({service("db")})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);
    (void)driver.after(Duration{500});
    CHECK(driver.gone(0_id, ExitStatus::exited(0)).back() == "report Draining 7.5s");

    CHECK(acts(driver.after(Duration{7500})) == Texts{"KILL all"});
    CHECK(acts(driver.children_gone()) == Texts{"exit 0"});
}

TEST_CASE("the container does not wait for children that are known to be gone") {
    Driver driver{spec({service("db")})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);
    (void)driver.exited(0_id, 0);
    CHECK(driver.children_gone().empty());

    CHECK(acts(driver.tree_empty(0_id)) == Texts{"TERM all", "CONT all", "exit 0"});
}

TEST_CASE("linger lasts for its time, or what is left of the budget") {
    core::Spec one = spec({service("db")});
    one.linger = Duration{2000};
    Driver driver{one};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);

    SUBCASE("all of it") {
        (void)driver.gone(0_id, ExitStatus::exited(0));
        CHECK(driver.children_gone() == Texts{"linger 2s"});
        CHECK(acts(driver.linger_done()) == Texts{"exit 0"});
    }
    SUBCASE("what is left") {
        (void)driver.after(Duration{7000});
        (void)driver.gone(0_id, ExitStatus::exited(0));
        CHECK(driver.children_gone() == Texts{"linger 1s"});
        CHECK(acts(driver.after(Duration{1000})) == Texts{"exit 0"});
    }
    SUBCASE("unless a second stop comes") {
        (void)driver.gone(0_id, ExitStatus::exited(0));
        (void)driver.children_gone();
        CHECK(acts(driver.signal(base::kSigTerm)) == Texts{"exit 0"});
    }
}

TEST_CASE("time can be extended during a stop, up to the budget") {
    core::ServiceSpec db = service("db");
    db.stop_timeout = Duration{1000};
    Driver driver{spec({db})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);

    (void)driver.extended(0_id, Duration{3000});
    CHECK(driver.deadline() == Duration{3000});
    (void)driver.extended(0_id, Duration{60'000});
    CHECK(driver.deadline() == Duration{8000});
}

TEST_CASE("a service that stops alone gets its own budget, cut when the container stops too") {
    core::ServiceSpec cache = service("cache");
    cache.is_essential = false;
    core::ServiceSpec user = service("user", {0_id});
    user.is_essential = false;
    Driver driver{spec({cache, user, service("db")})};
    driver.bring_up();
    (void)driver.exited(0_id, 1);
    (void)driver.extended(1_id, Duration{60'000});
    (void)driver.tree_empty(0_id);
    CHECK(driver.deadline() == Duration{60'000});

    (void)driver.signal(base::kSigTerm);
    CHECK(driver.deadline() == Duration{8000});
}

TEST_CASE("a not ready service that missed its time is killed when it ignores TERM") {
    core::ServiceSpec db = notifying("db");
    db.ready.timeout = Duration{100};
    db.stop_timeout = Duration{1000};
    Driver driver{spec({db})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    (void)driver.after(Duration{100});
    CHECK(acts(driver.after(Duration{1000})) == Texts{"KILL tree db"});

    (void)driver.gone(0_id, ExitStatus::killed(base::kSigKill));

    CHECK(acts(driver.children_gone()) == Texts{"exit 70"});
}

TEST_CASE("at the end of the container only what ended by itself is done") {
    Driver driver{spec({service("web"), oneshot("job"), oneshot("quick")})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);

    CHECK(driver.killed(1_id, base::kSigTerm).front() == "report Exited job");
    CHECK(driver.exited(2_id, 0).front() == "report Done quick");
    (void)driver.exited(0_id, 0);
    for (const auto id : {0_id, 1_id, 2_id}) {
        (void)driver.tree_empty(id);
    }
    CHECK(driver.state(0_id) == State::Stopped);
    CHECK(driver.state(1_id) == State::Stopped);
    CHECK(driver.state(2_id) == State::Done);
}
