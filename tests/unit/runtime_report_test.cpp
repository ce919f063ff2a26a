// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>

#include "log/log.hpp"
#include "runtime/report.hpp"
#include "runtime/report_fields.hpp"
#include "sys/spawn.hpp"

using core::Report;
using Kind = Report::Kind;
using Next = Report::Next;

namespace {

constexpr core::ServiceId kWeb{0};
constexpr core::ServiceId kDb{1};

core::Spec two_services() {
    core::Spec spec;
    spec.services.resize(2);
    spec.services[0].name = "web";
    spec.services[1].name = "db";
    spec.services[0].ready.timeout = core::Duration{1500};
    return spec;
}

// What `report` says, the newline left out.
std::string words(const Report& report, logging::Format format = logging::Format::Text,
                  const runtime::DeathNote& note = {}) {
    auto pipe = sys::pipe_cloexec();
    logging::Logger log{sys::LineSink::open(pipe->write.get()), "pidone", logging::Level::Debug,
                        format};
    runtime::say(report, two_services(), note, log);
    std::array<char, 1024> text{};
    const auto got = ::read(pipe->read.get(), text.data(), text.size());
    REQUIRE(got > 0);
    return {text.data(), static_cast<std::size_t>(got) - 1};
}

std::string fields(const Report& report, const runtime::DeathNote& note = {}) {
    return std::string{runtime::fields_of(report, two_services(), note).view()};
}

Report ended() {
    return {.kind = Kind::Exited,
            .service = kWeb,
            .status = core::ExitStatus::exited(1),
            .duration = core::Duration{3000}};
}

}  // namespace

TEST_CASE("an end says what follows from it") {
    auto report = ended();
    CHECK(words(report) == "pidone: web: exited with status 1 after 3s");
    report.next = Next::Restarts;
    report.delay = core::Duration{200};
    report.attempt = 1;
    report.limit = 5;
    CHECK(words(report) ==
          "pidone: web: exited with status 1 after 3s; restarts in 200ms (attempt 1 of 5)");
    report.limit = 0;
    CHECK(words(report) ==
          "pidone: web: exited with status 1 after 3s; restarts in 200ms (attempt 1)");
    report.next = Next::GivesUp;
    report.attempt = 5;
    CHECK(words(report) == "pidone: web: exited with status 1 after 3s; gave up after 5 restarts");
    report.number = 1;
    CHECK(words(report) ==
          "pidone: web: exited with status 1 after 3s; gave up after 5 restarts, container exits "
          "with 1");
    report.next = Next::Nothing;
    CHECK(words(report) == "pidone: web: exited with status 1 after 3s; container exits with 1");
}

TEST_CASE("an end is an object with all that is known of it") {
    auto report = ended();
    report.next = Next::Restarts;
    report.delay = core::Duration{205};
    report.attempt = 2;
    report.limit = 5;
    CHECK(fields(report, {.pid = base::Pid{42}}) ==
          "\"event\":\"exited\",\"pid\":42,\"code\":1,\"after\":3.000,\"restart_in\":0.205,"
          "\"attempt\":2,\"limit\":5,");
    report.status = core::ExitStatus::killed(base::kSigKill);
    report.next = Next::GivesUp;
    report.number = 137;
    CHECK(fields(report, {.pid = base::Pid{42}, .oom_kills = 1}) ==
          "\"event\":\"exited\",\"pid\":42,\"signal\":\"SIGKILL\",\"core\":false,\"oom_kills\":1,"
          "\"after\":3.000,\"gave_up\":true,\"attempt\":2,\"limit\":5,\"exit_code\":137,");
}

TEST_CASE("a stop of the container names what its cause did") {
    Report stop{.kind = Kind::ShutdownStarted, .service = kWeb, .duration = core::Duration{8000}};
    CHECK(words(stop) == "pidone: stopping, because web ended; 8s for everything");
    stop.fault = Report::Fault::NotReady;
    CHECK(words(stop) ==
          "pidone: stopping, because web was not ready within 1.5s; 8s for everything");
    stop.fault = Report::Fault::Unhealthy;
    CHECK(words(stop) == "pidone: stopping, because web was unhealthy; 8s for everything");
}

TEST_CASE("what becomes of a service is one line each") {
    const auto about = [](Kind kind) { return Report{.kind = kind, .service = kWeb}; };
    auto unhealthy = about(Kind::Unhealthy);
    unhealthy.number = 3;
    CHECK(words(unhealthy) == "pidone: web: error: unhealthy after 3 failed probes");
    auto healthy = about(Kind::Healthy);
    healthy.duration = core::Duration{12'000};
    CHECK(words(healthy) == "pidone: web: healthy again after 12s");
    auto missed = about(Kind::WatchdogMissed);
    CHECK(words(missed) ==
          "pidone: web: error: says that it hangs (WATCHDOG=trigger); ending it with SIGABRT");
    missed.duration = core::Duration{30'000};
    CHECK(words(missed) ==
          "pidone: web: error: no WATCHDOG=1 for 30s (watchdog); ending it with SIGABRT");
    auto down = about(Kind::RequirementDown);
    down.other = kDb;
    CHECK(words(down) ==
          "pidone: web: stops, because 'db', which it requires, is down; starts again with it");
    CHECK(words(about(Kind::StopAsked)) ==
          "pidone: web: stops, as asked; stays down until it is started");
    CHECK(words(about(Kind::StartAsked)) == "pidone: web: starts, as asked");
    CHECK(words(about(Kind::RestartAsked)) == "pidone: web: restarts, as asked");
    CHECK(words(about(Kind::ReplaceAsked)) ==
          "pidone: web: stops, because its file changed or is gone (reload)");
    CHECK(words(about(Kind::RunSkipped)) ==
          "pidone: web: warn: is due, but its last run is not over; skipped");
    auto skipped = about(Kind::RunSkipped);
    skipped.other = kDb;
    CHECK(words(skipped) == "pidone: web: warn: is due, but has to wait for 'db'; skipped");
    missed.next = Next::Restarts;
    missed.delay = core::Duration{100};
    missed.attempt = 3;
    CHECK(
        words(missed) ==
        "pidone: web: error: no WATCHDOG=1 for 30s (watchdog); ending it with SIGABRT; restarts in "
        "100ms (attempt 3)");
}

TEST_CASE("the container's own events name their cause") {
    const Report last{.kind = Kind::Exiting,
                      .service = kWeb,
                      .status = core::ExitStatus::killed(base::Signal{11}, true),
                      .signal = base::kSigTerm,
                      .number = 139};
    CHECK(fields(last) ==
          "\"event\":\"container_exiting\",\"cause\":\"web\",\"fault\":\"ended\",\"signal\":"
          "\"SIGSEGV\",\"core\":true,\"stop_signal\":\"SIGTERM\",\"exit_code\":139,");
    CHECK(words(last, logging::Format::Json)
              .ends_with("\"exit_code\":139,\"message\":\"container exits with 139, as SIGTERM "
                         "asked, because web: killed by SIGSEGV (core dumped)\"}"));
}

TEST_CASE("every event has a name of its own") {
    std::set<std::string_view> names;
    const int count = static_cast<int>(Kind::Exiting) + 1;
    for (int kind = 0; kind < count; ++kind) {
        const auto name = runtime::event_name(static_cast<Kind>(kind));
        CHECK_FALSE(name.empty());
        names.insert(name);
    }
    CHECK(names.size() == static_cast<std::size_t>(count));
}

TEST_CASE("fields that do not fit are left out whole") {
    logging::Fields fields;
    fields.text("first", "value");
    const auto before = std::string{fields.view()};
    fields.text("long", std::string(300, 'x')).text("odd", "quote\"").flag("last", true);
    CHECK(fields.view() == before + "\"last\":true,");
}
