// SPDX-License-Identifier: MIT
#include "core/supervisor.hpp"
#include "core_driver.hpp"

using namespace core_test;

namespace {

constexpr core::Signal kRealTime{40};

}  // namespace

TEST_CASE("the program is spawned at boot and its code is the exit code") {
    Driver driver{program()};
    CHECK(acts(driver.boot()) == Texts{"spawn program"});
    (void)driver.spawned(0_id);
    (void)driver.executed(0_id);
    CHECK(driver.state(0_id) == State::Up);

    CHECK(driver.exited(0_id, 3) == Texts{"report Exited program (3)", "TERM all", "CONT all"});
    CHECK(driver.children_gone() == Texts{"exit 3"});
}

TEST_CASE("a program that leaves nobody behind ends the container with itself") {
    Driver driver{program()};
    driver.bring_up();
    CHECK(driver.children_gone().empty());

    CHECK(driver.exited(0_id, 3) == Texts{"report Exited program (3)", "exit 3"});
}

TEST_CASE("death of the program by a signal is 128 and its number") {
    Driver driver{program()};
    driver.bring_up();
    (void)driver.killed(0_id, base::kSigAbrt);

    CHECK(driver.children_gone() == Texts{"exit 134"});
}

TEST_CASE("every signal is forwarded with its value, before the exec as well") {
    Driver driver{program()};
    (void)driver.boot();
    CHECK(driver.signal(base::kSigTerm) == Texts{"TERM main program"});
    (void)driver.spawned(0_id);

    CHECK(driver.signal(base::kSigHup) == Texts{"HUP main program"});
    CHECK(driver.step({.kind = core::Event::Kind::SignalReceived,
                       .signal = {.signal = kRealTime, .has_value = true, .value = 7}}) ==
          Texts{"RTMIN+6=7 main program"});
    CHECK(driver.deadline() == Duration{-1});
}

TEST_CASE("signals go to the group when that is wanted") {
    core::Spec spec = program();
    spec.command.signals_group = true;
    Driver driver{spec};
    driver.bring_up();

    CHECK(driver.signal(base::kSigTerm) == Texts{"TERM group program"});
}

TEST_CASE("signals are rewritten or dropped by name") {
    core::Spec spec = program();
    spec.command.rewrites = {{base::kSigTerm, base::kSigQuit}, {base::kSigHup, core::Signal::None}};
    Driver driver{spec};
    driver.bring_up();

    CHECK(driver.signal(base::kSigTerm) == Texts{"QUIT main program"});
    CHECK(driver.signal(base::kSigHup).empty());
    CHECK(driver.signal(base::kSigInt) == Texts{"INT main program"});
}

TEST_CASE("the exit code is remapped") {
    core::Spec spec = program();
    spec.command.remap = {{143, 0}};
    Driver driver{spec};
    driver.bring_up();

    CHECK(driver.killed(0_id, base::kSigTerm).front() == "report Exited program (0)");
    CHECK(driver.children_gone() == Texts{"exit 0"});
}

TEST_CASE("a program that cannot start ends with the child's code") {
    Driver driver{program()};
    (void)driver.boot();
    (void)driver.spawned(0_id);
    (void)driver.start_failed(0_id);

    CHECK(driver.exited(0_id, 127).front() == "report StartFailed program (127)");
    CHECK(driver.children_gone() == Texts{"exit 127"});
}

TEST_CASE("a fork that fails ends command mode with 71") {
    Driver driver{program()};
    (void)driver.boot();

    CHECK(driver.spawn_failed(0_id, 11) == Texts{"report SpawnFailed program (11)", "exit 71"});
}

TEST_CASE("the stop-timeout counts from the first stop signal and ends in KILL") {
    core::Spec spec = program();
    spec.command.stop_timeout = Duration{5000};
    Driver driver{spec};
    driver.bring_up();
    (void)driver.signal(base::kSigHup);
    CHECK(driver.deadline() == Duration{-1});
    (void)driver.signal(base::kSigInt);
    (void)driver.after(Duration{1000});
    (void)driver.signal(base::kSigTerm);
    CHECK(driver.deadline() == Duration{4000});

    CHECK(driver.after(Duration{4000}) ==
          Texts{"report StopTimeout program 5s", "KILL tree program"});
    (void)driver.killed(0_id, base::kSigKill);
    CHECK(driver.children_gone() == Texts{"exit 137"});
}

TEST_CASE("a program that not even KILL ends is left behind") {
    core::Spec spec = program();
    spec.command.stop_timeout = Duration{5000};
    Driver driver{spec};
    driver.bring_up();
    (void)driver.signal(base::kSigTerm);
    (void)driver.after(Duration{5000});

    (void)driver.after(Duration{1000});
    (void)driver.after(Duration{2000});
    CHECK(acts(driver.after(Duration{1000})) == Texts{"exit 137"});
}

TEST_CASE("what the program leaves behind is killed after the grace and named") {
    Driver driver{program()};
    driver.bring_up();
    (void)driver.exited(0_id, 0);
    CHECK(driver.deadline() == Duration{2000});

    CHECK(driver.after(Duration{2000}) == Texts{"KILL all"});
    CHECK(driver.children_gone() == Texts{"report Exiting (0)", "exit 0"});
}

TEST_CASE("without a grace what is left is killed at once") {
    core::Spec spec = program();
    spec.command.kill_grace = Duration{0};
    Driver driver{spec};
    driver.bring_up();

    CHECK(acts(driver.exited(0_id, 0)) == Texts{"KILL all"});
    CHECK(driver.children_gone() == Texts{"exit 0"});
}

TEST_CASE("a stop signal while leftovers end kills them now") {
    Driver driver{program()};
    driver.bring_up();
    (void)driver.exited(0_id, 0);
    CHECK(driver.signal(base::kSigHup).empty());

    CHECK(driver.signal(base::kSigTerm) == Texts{"KILL all"});
    CHECK(driver.after(Duration{1000}) == Texts{"report Exiting (0)", "exit 0"});
}

TEST_CASE("a pause has no program and ends with TERM or INT") {
    core::Spec spec = program();
    spec.services.clear();
    spec.command.is_pause = true;
    Driver driver{spec};
    CHECK(driver.boot().empty());
    CHECK(driver.children_gone().empty());
    CHECK(driver.signal(base::kSigHup).empty());

    CHECK(driver.signal(base::kSigInt) == Texts{"exit 0"});
}

TEST_CASE("command mode is healthy as long as it runs") {
    Driver driver{program()};
    driver.bring_up();
    CHECK(driver.supervisor().health() == core::Health::Healthy);

    (void)driver.exited(0_id, 0);
    CHECK(driver.supervisor().health() == core::Health::Stopping);
}

TEST_CASE("a signal that is passed on is told from one that stops") {
    const auto passed_on = [](const core::Spec& what, core::Signal signal) {
        core::Supervisor supervisor{what};
        for (const auto kind :
             {core::Event::Kind::Boot, core::Event::Kind::Spawned, core::Event::Kind::Executed}) {
            (void)supervisor.step({.kind = kind, .service = 0_id, .pid = base::Pid{7}}, Instant{});
        }
        int count = 0;
        for (const auto& command : supervisor.step(
                 {.kind = core::Event::Kind::SignalReceived, .signal = {.signal = signal}},
                 Instant{})) {
            count += command.kind == core::Command::Kind::Signal ? command.number : 0;
        }
        return count;
    };
    auto web = service("web");
    web.signals.push_back({base::kSigHup, base::kSigUsr1});
    CHECK(passed_on(spec({web}), base::kSigHup) == 1);
    CHECK(passed_on(spec({web}), base::kSigTerm) == 0);
    CHECK(passed_on(program(), base::kSigHup) == 1);
    CHECK(passed_on(program(), base::kSigTerm) == 1);
}
