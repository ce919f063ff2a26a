// SPDX-License-Identifier: MIT
#include "core/supervisor.hpp"
#include "core_driver.hpp"

using namespace core_test;

namespace {

core::ServiceSpec with_hook(Duration delay, std::vector<std::string> command) {
    core::ServiceSpec result = service("web");
    result.before_stop = {.delay = delay, .command = std::move(command)};
    return result;
}

}  // namespace

TEST_CASE("before-stop waits, then runs its command, then the signal is sent") {
    Driver driver{spec({with_hook(Duration{200}, {"drain"})})};
    driver.bring_up();
    CHECK(acts(driver.signal(base::kSigTerm)).empty());
    CHECK(driver.state(0_id) == State::BeforeStop);
    CHECK(driver.deadline() == Duration{200});

    CHECK(driver.after(Duration{200}) == Texts{"hook web"});
    CHECK(driver.hook_exited(0_id, ExitStatus::exited(0)) ==
          Texts{"report Stopping web TERM", "TERM main web", "CONT main web"});
}

TEST_CASE("a hook that fails is said and changes nothing") {
    Driver driver{spec({with_hook(Duration{0}, {"drain"})})};
    driver.bring_up();
    CHECK(acts(driver.signal(base::kSigTerm)) == Texts{"hook web"});

    const Texts texts = driver.hook_exited(0_id, ExitStatus::exited(1));
    CHECK(texts.front() == "report HookFailed web");
    CHECK(acts(texts) == Texts{"TERM main web", "CONT main web"});
}

TEST_CASE("a hook that hangs leaves the stop signal its time") {
    core::ServiceSpec web = with_hook(Duration{0}, {"drain"});
    SUBCASE("its stop-timeout") {
        web.stop_timeout = Duration{1000};
        Driver driver{spec({web})};
        driver.bring_up();
        (void)driver.signal(base::kSigTerm);
        CHECK(driver.deadline() == Duration{7000});

        CHECK(acts(driver.after(Duration{7000})) ==
              Texts{"kill-hook web", "TERM main web", "CONT main web"});
    }
    SUBCASE("an eighth of the budget without one") {
        Driver driver{spec({web})};
        driver.bring_up();
        (void)driver.signal(base::kSigTerm);

        CHECK(driver.deadline() == Duration{7000});
    }
    SUBCASE("half of the budget at most") {
        web.stop_timeout = Duration{60'000};
        Driver driver{spec({web})};
        driver.bring_up();
        (void)driver.signal(base::kSigTerm);

        CHECK(driver.deadline() == Duration{4000});
    }
}

TEST_CASE("a hook ends with the service it drains") {
    Driver driver{spec({with_hook(Duration{0}, {"drain"})})};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);

    CHECK(acts(driver.exited(0_id, 0)) ==
          Texts{"kill-hook web", "watch web", "TERM tree web", "CONT tree web"});
    CHECK(driver.hook_exited(0_id, ExitStatus::killed(base::kSigKill)).empty());
}
