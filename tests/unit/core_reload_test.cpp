// SPDX-License-Identifier: MIT
#include "core/supervisor.hpp"
#include "core_driver.hpp"

using namespace core_test;
using core::Health;
using core::kNoService;
using Origins = std::vector<core::Successor>;

namespace {

constexpr core::Successor same(ServiceId was) {
    return {.was = was, .is_same = true};
}

constexpr core::Successor changed(ServiceId was) {
    return {.was = was};
}

constexpr core::Successor fresh() {
    return {};
}

core::ServiceSpec optional(core::ServiceSpec spec) {
    spec.is_essential = false;
    return spec;
}

core::ServiceSpec job() {
    core::ServiceSpec spec = oneshot("job");
    spec.schedule.kind = core::Schedule::Kind::Every;
    spec.schedule.every = Duration{1'000};
    return spec;
}

}  // namespace

TEST_CASE("what a reload replaces goes down behind what requires it, and others are untouched") {
    Driver driver{spec({service("log"), service("db"), service("web", {1_id})})};
    driver.bring_up();

    CHECK(driver.replace(1_id) ==
          Texts{"report ReplaceAsked db", "report RequirementDown web because of db",
                "report Stopping web TERM", "TERM main web", "CONT main web"});
    CHECK(acts(driver.gone(2_id, ExitStatus::exited(0))).back() == "CONT main db");
    (void)driver.gone(1_id, ExitStatus::exited(9));
    CHECK(driver.state(0_id) == State::Up);
    CHECK(driver.state(1_id) == State::Stopped);
    CHECK(driver.state(2_id) == State::Waiting);
    CHECK(driver.supervisor().health() == Health::Starting);
    CHECK(driver.start(1_id).empty());

    const auto texts = driver.adopt(spec({service("db"), service("log"), service("web", {0_id})}),
                                    {changed(1_id), same(0_id), same(2_id)});
    CHECK(texts == Texts{"spawn db", "report Starting db"});
    (void)driver.spawned(0_id);
    CHECK(acts(driver.executed(0_id)) == Texts{"spawn web"});
    CHECK(driver.state(1_id) == State::Up);
    CHECK(driver.supervisor().service(0_id).restarts == 1);
    CHECK(driver.supervisor().exit_code() == 0);
}

TEST_CASE("a reload keeps every state of what is the same") {
    Driver driver{spec({service("gone"), optional(service("stopped")), job(), service("web"),
                        service("late", {3_id})})};
    (void)driver.boot();
    driver.come_up(0_id);
    driver.come_up(1_id);
    (void)driver.stop(1_id);
    (void)driver.gone(1_id, ExitStatus::exited(0));
    (void)driver.replace(0_id);
    (void)driver.gone(0_id, ExitStatus::exited(0));

    CHECK(driver.adopt(spec({optional(service("stopped")), job(), service("web"),
                             service("late", {2_id}), service("new")}),
                       {same(1_id), same(2_id), same(3_id), same(4_id), fresh()}) ==
          Texts{"spawn new", "report Starting new"});
    CHECK(driver.hold(0_id) == core::Hold::Kind::ByHand);
    CHECK(driver.state(1_id) == State::Scheduled);
    CHECK(driver.state(2_id) == State::Setup);
    CHECK(driver.state(3_id) == State::Waiting);
    driver.come_up(2_id);
    CHECK(driver.state(3_id) == State::Setup);
    CHECK(acts(driver.after(Duration{1'000})) == Texts{"spawn job"});
}

TEST_CASE("a backoff goes on through a reload") {
    auto web = service("web");
    web.restart.when = core::Restart::Always;
    web.restart.jitter_permille = 0;
    Driver driver{spec({service("old"), web})};
    driver.bring_up();
    (void)driver.gone(1_id, ExitStatus::exited(1));
    REQUIRE(driver.state(1_id) == State::Backoff);
    (void)driver.replace(0_id);
    (void)driver.gone(0_id, ExitStatus::exited(0));

    CHECK(driver.adopt(spec({web}), {same(1_id)}).empty());
    CHECK(driver.state(0_id) == State::Backoff);
    CHECK(driver.supervisor().service(0_id).attempt == 1);
    CHECK(acts(driver.after(Duration{200})) == Texts{"spawn web"});
}

TEST_CASE("a changed service that somebody stopped stays down, and one that was off can be on") {
    auto off = optional(service("off"));
    off.is_enabled = false;
    Driver driver{spec({service("web"), optional(service("db")), off})};
    driver.bring_up();
    (void)driver.stop(1_id);
    (void)driver.gone(1_id, ExitStatus::exited(0));
    (void)driver.replace(1_id);
    (void)driver.replace(2_id);

    CHECK(
        acts(driver.adopt(spec({service("web"), optional(service("db")), optional(service("off"))}),
                          {same(0_id), changed(1_id), changed(2_id)})) == Texts{"spawn off"});
    CHECK(driver.hold(1_id) == core::Hold::Kind::ByHand);
    CHECK(acts(driver.start(1_id)) == Texts{"spawn db"});
}

TEST_CASE("what failed for a service that changes gets another chance, and its code is forgotten") {
    Driver driver{spec({service("web"), optional(service("db")), optional(service("php", {1_id})),
                        optional(service("shop", {2_id}))})};
    driver.bring_up();
    (void)driver.gone(1_id, ExitStatus::exited(3));
    (void)driver.gone(3_id, ExitStatus::exited(0));
    (void)driver.gone(2_id, ExitStatus::exited(0));
    REQUIRE(driver.state(3_id) == State::Failed);
    REQUIRE(driver.supervisor().exit_code() == 3);

    (void)driver.replace(1_id);
    CHECK(acts(driver.adopt(
              spec({service("web"), optional(service("db")), optional(service("php", {1_id})),
                    optional(service("shop", {2_id}))}),
              {same(0_id), changed(1_id), same(2_id), same(3_id)})) == Texts{"spawn db"});
    CHECK(driver.supervisor().exit_code() == 0);
    driver.come_up(1_id);
    driver.come_up(2_id);
    driver.come_up(3_id);
    CHECK(driver.state(3_id) == State::Up);
}

TEST_CASE("what still stops for a service that changes comes back with it") {
    auto db = optional(service("db"));
    auto php = optional(service("php", {1_id}));
    Driver driver{spec({service("web"), db, php})};
    driver.bring_up();
    (void)driver.gone(1_id, ExitStatus::exited(3));
    REQUIRE(driver.state(2_id) == State::Stopping);

    (void)driver.replace(1_id);
    CHECK(acts(driver.adopt(spec({service("web"), db, php}),
                            {same(0_id), changed(1_id), same(2_id)})) == Texts{});
    CHECK(driver.hold(1_id) == core::Hold::Kind::Requirer);
    CHECK(driver.gone(2_id, ExitStatus::exited(0)).back() == "report Starting db");
    driver.come_up(1_id);
    driver.come_up(2_id);
    CHECK(driver.state(2_id) == State::Up);
}

TEST_CASE("what failed for another stays failed until all that it requires can run") {
    auto off = optional(service("off"));
    off.is_enabled = false;
    const auto a = optional(service("a"));
    const auto php = optional(service("php", {1_id, 2_id}));
    auto shop = optional(service("shop", {3_id}));
    Driver driver{spec({service("web"), a, off, php, shop})};
    driver.bring_up();
    REQUIRE(driver.state(4_id) == State::Failed);

    // It requires another now, so only that one gets its chance.
    (void)driver.replace(1_id);
    (void)driver.adopt(spec({service("web"), a, off, php, shop}),
                       {same(0_id), changed(1_id), same(2_id), same(3_id), same(4_id)});
    CHECK(driver.state(3_id) == State::Failed);
    CHECK(driver.state(4_id) == State::Failed);

    (void)driver.replace(3_id);
    (void)driver.adopt(spec({service("web"), a, off, optional(service("php", {1_id})), shop}),
                       {same(0_id), same(1_id), same(2_id), changed(3_id), same(4_id)});
    driver.come_up(1_id);
    driver.come_up(3_id);
    driver.come_up(4_id);
    CHECK(driver.state(4_id) == State::Up);
}

TEST_CASE("what comes after a service that changes waits for its next run") {
    auto slow = service("slow");
    slow.ready.kind = core::Readiness::Kind::Notify;
    auto web = service("web");
    web.after = {0_id};
    Driver driver{spec({slow, web})};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    (void)driver.replace(0_id);
    CHECK(acts(driver.gone(0_id, ExitStatus::killed(base::kSigTerm))).back() == "CONT tree slow");
    CHECK(driver.state(0_id) == State::Stopped);
    CHECK(driver.hold(1_id) == core::Hold::Kind::After);
    CHECK(acts(driver.adopt(spec({slow, web}), {changed(0_id), same(1_id)})) ==
          Texts{"spawn slow"});
}

TEST_CASE("a health probe of before asks for no other where there is no health any more") {
    auto probed = service("probed");
    probed.health.kind = core::HealthCheck::Kind::Command;
    Driver driver{spec({probed, service("web")})};
    driver.bring_up();
    CHECK(acts(driver.replace(0_id)).front() == "stop-health-probe probed");
    (void)driver.gone(0_id, ExitStatus::exited(0));
    (void)driver.adopt(spec({service("probed"), service("web")}), {changed(0_id), same(1_id)});
    driver.come_up(0_id);
    CHECK(driver.probed(0_id, 137).empty());
    CHECK(driver.supervisor().health() == Health::Healthy);
}

TEST_CASE("a set-up, a finished job and a hook are replaced like what is up") {
    auto hooked = service("hooked");
    hooked.before_stop.command = {"x"};
    Driver driver{spec({oneshot("init"), hooked, service("web", {0_id}), service("slow")})};
    (void)driver.boot();
    driver.come_up(1_id);
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    (void)driver.gone(0_id, ExitStatus::exited(0));
    driver.come_up(2_id);
    (void)driver.spawned(3_id);

    CHECK(acts(driver.replace(3_id)) == Texts{"TERM tree slow", "CONT tree slow"});
    CHECK(acts(driver.replace(1_id)) == Texts{"hook hooked"});
    CHECK(acts(driver.replace(0_id)) == Texts{"TERM main web", "CONT main web"});
    CHECK(driver.state(0_id) == State::Stopped);
    (void)driver.gone(3_id, ExitStatus::killed(base::kSigTerm));
    (void)driver.hook_exited(1_id, ExitStatus::exited(0));
    (void)driver.gone(1_id, ExitStatus::exited(0));
    (void)driver.gone(2_id, ExitStatus::exited(0));
    CHECK_FALSE(driver.supervisor().is_stopping());
    CHECK(acts(driver.adopt(spec({oneshot("init"), service("web", {0_id})}),
                            {changed(0_id), same(2_id)})) == Texts{"spawn init"});
}

TEST_CASE("a stop in the middle of a reload is a stop") {
    Driver driver{spec({service("db"), service("web")})};
    driver.bring_up();
    (void)driver.replace(0_id);
    (void)driver.signal(base::kSigTerm);
    (void)driver.gone(0_id, ExitStatus::killed(base::kSigTerm));
    (void)driver.gone(1_id, ExitStatus::killed(base::kSigTerm));
    CHECK(driver.supervisor().is_stopping());
    CHECK(driver.replace(1_id).empty());
    CHECK(driver.children_gone().back() == "exit 0");
}

TEST_CASE("when a reload leaves nothing that can run, the container ends") {
    Driver driver{spec({service("db")})};
    driver.bring_up();
    (void)driver.replace(0_id);
    (void)driver.gone(0_id, ExitStatus::exited(0));
    auto off = optional(service("off"));
    off.is_enabled = false;
    (void)driver.adopt(spec({off}), {fresh()});
    CHECK(driver.supervisor().is_stopping());
}
