// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "cli/outcome.hpp"

using namespace std::chrono_literals;
using cli::Goal;
using cli::Verdict;
using control::Hold;
using control::ServiceReply;

namespace {

ServiceReply service_in(std::string_view state) {
    ServiceReply service;
    service.name = control::Name{"web"};
    service.state = control::Word{state};
    service.spawned = 1s;
    service.executed = 1100ms;
    service.since = 10s;
    return service;
}

ServiceReply up_service() {
    auto service = service_in("up");
    service.ready = 2200ms;
    service.proves_ready = true;
    return service;
}

/// Ended `exit_code` 12 ms after its fork, three seconds ago.
ServiceReply ended_service(std::string_view state, int exit_code) {
    auto service = service_in(state);
    service.since = 3s;
    service.last_exit = base::ExitStatus::exited(exit_code);
    return service;
}
constexpr base::Duration kUptime = 1s + 12ms + 3s;

}  // namespace

TEST_CASE("the state of a reply is known by its word, an unknown one is a failure") {
    CHECK(cli::state_of(service_in("waiting")) == core::State::Waiting);
    CHECK(cli::state_of(service_in("stopped")) == core::State::Stopped);
    CHECK(cli::state_of(service_in("levitating")) == core::State::Failed);
}

TEST_CASE("what each goal makes of each state") {
    struct Case {
        Goal goal;
        std::string_view state;
        Verdict verdict;
    };
    const std::vector<Case> cases{
        {Goal::Start, "waiting", Verdict::Pending},  {Goal::Start, "setup", Verdict::Pending},
        {Goal::Start, "starting", Verdict::Pending}, {Goal::Start, "backoff", Verdict::Pending},
        {Goal::Start, "up", Verdict::Reached},       {Goal::Start, "done", Verdict::Failed},
        {Goal::Start, "failed", Verdict::Failed},    {Goal::Start, "stopped", Verdict::Failed},
        {Goal::Ready, "up", Verdict::Reached},       {Goal::Ready, "failed", Verdict::Failed},
        {Goal::Done, "up", Verdict::Pending},        {Goal::Done, "done", Verdict::Reached},
        {Goal::Done, "failed", Verdict::Failed},     {Goal::Stop, "up", Verdict::Pending},
        {Goal::Stop, "leaving", Verdict::Pending},   {Goal::Stop, "stopped", Verdict::Reached},
        {Goal::Stop, "failed", Verdict::Reached},    {Goal::Stop, "done", Verdict::Reached},
        {Goal::Stop, "backoff", Verdict::Pending},
    };
    for (const auto& one : cases) {
        CAPTURE(one.state);
        CHECK(cli::judge(one.goal, service_in(one.state), {}) == one.verdict);
    }
}

TEST_CASE("a oneshot that ended well has started, a service that did has not") {
    auto service = ended_service("done", 0);
    for (const auto goal : {Goal::Start, Goal::Ready, Goal::Restart}) {
        CHECK(cli::judge(goal, service, {}) == Verdict::Failed);
    }
    CHECK(cli::judge(Goal::Done, service, {}) == Verdict::Reached);
    CHECK(cli::outcome_line(Goal::Ready, Verdict::Failed, service, kUptime) ==
          "web did not become ready: exited with status 0 after 12ms");
    service.is_oneshot = true;
    for (const auto goal : {Goal::Start, Goal::Ready, Goal::Restart, Goal::Done}) {
        CHECK(cli::judge(goal, service, {}) == Verdict::Reached);
    }
}

TEST_CASE("a restart is over when another run than the one before is up") {
    const auto service = up_service();
    CHECK(cli::judge(Goal::Restart, service, 1s) == Verdict::Pending);
    CHECK(cli::judge(Goal::Restart, service, 500ms) == Verdict::Reached);
    CHECK(cli::judge(Goal::Restart, service, std::nullopt) == Verdict::Reached);
}

TEST_CASE("a service that does not prove its readiness has to live for a while") {
    auto service = service_in("up");
    service.since = 100ms;
    CHECK(cli::settle_time(service) == 150ms);
    CHECK(cli::judge(Goal::Start, service, {}) == Verdict::Pending);
    CHECK(cli::judge(Goal::Restart, service, {}) == Verdict::Pending);
    CHECK(cli::judge(Goal::Ready, service, {}) == Verdict::Reached);

    service.since = 250ms;
    CHECK(cli::settle_time(service) == 0ms);
    CHECK(cli::judge(Goal::Start, service, {}) == Verdict::Reached);

    service.since = 1ms;
    service.proves_ready = true;
    CHECK(cli::judge(Goal::Start, service, {}) == Verdict::Reached);
}

TEST_CASE("a run of a schedule is judged by its end") {
    auto service = service_in("scheduled");
    CHECK(cli::judge(Goal::Start, service, {}) == Verdict::Pending);
    service.last_exit = base::ExitStatus::exited(0);
    CHECK(cli::judge(Goal::Start, service, {}) == Verdict::Reached);
    service.last_exit = base::ExitStatus::exited(2);
    CHECK(cli::judge(Goal::Start, service, {}) == Verdict::Failed);
}

TEST_CASE("what was reached is said with what belongs to it") {
    const auto line = [](Goal goal, const ServiceReply& service) {
        return cli::outcome_line(goal, Verdict::Reached, service, kUptime);
    };
    CHECK(line(Goal::Start, up_service()) == "web started, ready after 1.2s");
    CHECK(line(Goal::Restart, up_service()) == "web restarted, ready after 1.2s");
    CHECK(line(Goal::Ready, up_service()) == "web is ready after 1.2s");
    CHECK(line(Goal::Done, ended_service("done", 0)) ==
          "web is done: exited with status 0 after 12ms");
}

TEST_CASE("a stop tells the end of the service only when something was wrong with it") {
    auto service = ended_service("stopped", 0);
    const auto line = [&] {
        return cli::outcome_line(Goal::Stop, Verdict::Reached, service, kUptime);
    };
    service.ended_well = true;
    CHECK(line() == "web stopped");
    service.last_exit = base::ExitStatus::killed(base::kSigTerm);
    CHECK(line() == "web stopped");
    service.ended_well = false;
    service.last_exit = base::ExitStatus::killed(base::kSigKill);
    CHECK(line() == "web stopped (killed by SIGKILL)");
    service.last_exit.reset();
    CHECK(line() == "web stopped");
}

TEST_CASE("a failure is said with its reason") {
    const auto line = [](const ServiceReply& service) {
        return cli::outcome_line(Goal::Start, Verdict::Failed, service, kUptime);
    };
    auto service = ended_service("failed", 3);
    CHECK(line(service) == "web did not start: exited with status 3 after 12ms");
    service.attempt = 5;
    service.gave_up = true;
    CHECK(line(service) ==
          "web did not start: exited with status 3 after 12ms (gave up after 5 restarts)");
    service.attempt = 1;
    service.executed.reset();
    service.failure = control::Line{"'command' not found: web"};
    CHECK(line(service) == "web did not start: 'command' not found: web (gave up after 1 restart)");
    auto other = service_in("failed");
    other.hold = Hold::LostRequirement;
    other.held_by = control::Name{"db"};
    CHECK(line(other) == "web did not start: db, which it requires, failed");
    CHECK(line(service_in("stopped")) == "web did not start: it was stopped");
}

TEST_CASE("what PID 1 ended a run for is said before its end") {
    auto service = ended_service("failed", 0);
    service.failure = control::Line{"unhealthy after 3 failed probes"};
    CHECK(cli::failure_text(service, kUptime) ==
          "unhealthy after 3 failed probes; exited with status 0 after 12ms");
    service.state = control::Word{"stopping"};  // that end is of the run before
    CHECK(cli::failure_text(service, kUptime) == "unhealthy after 3 failed probes");
}

TEST_CASE("what was not in time is said with what holds it") {
    auto service = service_in("starting");
    service.hold = Hold::Readiness;
    service.deadline = 4s;
    CHECK(cli::outcome_line(Goal::Start, Verdict::Pending, service, kUptime) ==
          "web did not start: it is still starting; it has not said that it is ready "
          "(ready-timeout in 4s)");
    service.state = control::Word{"setup"};
    service.hold = Hold::SetUp;
    CHECK(cli::outcome_line(Goal::Start, Verdict::Pending, service, kUptime) ==
          "web did not start: it is still in set-up: nothing has been said of it");
}

TEST_CASE("every hold has words") {
    ServiceReply service;
    service.name = control::Name{"web"};
    service.held_by = control::Name{"db"};
    service.deadline = 2s;
    service.attempt = 1;
    service.limit = 5;
    const auto text = [&](Hold hold) {
        service.hold = hold;
        return cli::hold_text(service);
    };
    CHECK(text(Hold::None).empty());
    service.gave_up = true;
    CHECK(text(Hold::None) == "gave up after 1 restart; 'pidone start web' starts it");
    service.gave_up = false;
    CHECK(text(Hold::LostRequirement) == "db, which it requires, failed");
    CHECK(text(Hold::Requirement) == "waits for db, which it requires");
    CHECK(text(Hold::After) == "waits for db, after which it comes");
    CHECK(text(Hold::Requirer) == "waits until db, which needs it, is down");
    CHECK(text(Hold::Backoff) == "restarts in 2s (attempt 1 of 5)");
    CHECK(text(Hold::Schedule) == "runs when its schedule says so");
    CHECK(text(Hold::ByHand) == "stopped by hand; 'pidone start web' starts it");
    CHECK(text(Hold::Disabled) == "not enabled (enabled = false)");
    CHECK(text(Hold::SetUp) == "set-up: nothing has been said of it");
    CHECK(text(Hold::Readiness) == "it has not said that it is ready (ready-timeout in 2s)");
    CHECK(text(Hold::Hook) == "before-stop runs, 2s more at most");
    CHECK(text(Hold::OwnProcesses) == "processes of its own are alive; KILL in 2s");

    service.step = control::Line{"wait-for tcp://db:3306"};
    service.next_run = 1h;
    service.limit = 0;
    CHECK(text(Hold::SetUp) == "set-up: wait-for tcp://db:3306");
    CHECK(text(Hold::Schedule) == "runs in 1h");
    CHECK(text(Hold::Backoff) == "restarts in 2s (attempt 1)");
    service.deadline.reset();
    CHECK(text(Hold::Readiness) == "it has not said that it is ready");
    service.is_oneshot = true;
    CHECK(text(Hold::Readiness) == "it is not over");
    service.is_oneshot = false;
    CHECK(text(Hold::OwnProcesses) == "processes of its own are alive");
}
