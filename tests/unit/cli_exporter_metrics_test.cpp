// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "cli/exporter_metrics.hpp"

using namespace std::chrono_literals;
using cli::MetricsFormat;
using control::Health;

namespace {

control::ServiceReply service(const char* name, const char* state) {
    control::ServiceReply reply;
    reply.name = control::Name{name};
    reply.state = control::Word{state};
    reply.health = Health::Healthy;
    return reply;
}

cli::Scrape site() {
    cli::Scrape scrape;
    scrape.status.emplace();
    scrape.status->container.health = Health::Healthy;
    scrape.status->container.version = control::Word{"1.2.3"};
    scrape.status->services = {service("db", "up"), service("web", "backoff")};
    scrape.trees.resize(2);
    scrape.trees[0] = {.processes = 3,
                       .cpu = 12'340ms,
                       .resident_bytes = 4096,
                       .started_at = 1'700'000'000'120,
                       .descriptors = 17U};
    scrape.started_at = 1'700'000'000'050;
    return scrape;
}

std::string page(const cli::Scrape& scrape, MetricsFormat format = MetricsFormat::Text) {
    return cli::metrics_page(scrape, format);
}

bool has(const std::string& page, const std::string& line) {
    return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

bool has_series(const std::string& page, const std::string& name) {
    return ("\n" + page).find("\n" + name) != std::string::npos;
}

}  // namespace

TEST_CASE("without PID 1 there is nothing but that it is down") {
    CHECK(page({}) ==
          "# HELP pidone_up Whether PID 1 answered.\n# TYPE pidone_up gauge\npidone_up 0\n");
    CHECK(page({}, MetricsFormat::OpenMetrics) ==
          "# HELP pidone_up Whether PID 1 answered.\n# TYPE pidone_up gauge\npidone_up 0\n# EOF\n");
}

TEST_CASE("the text format describes series, OpenMetrics families with their units") {
    const auto text = page(site());
    CHECK(has(text, "pidone_up 1"));
    CHECK(has(text, "# TYPE pidone_build_info gauge"));
    CHECK(has(text, "pidone_build_info{version=\"1.2.3\"} 1"));
    CHECK(has(text, "# TYPE pidone_service_cpu_seconds_total counter"));
    CHECK_FALSE(has_series(text, "# UNIT"));
    CHECK_FALSE(has_series(text, "# EOF"));

    const auto open = page(site(), MetricsFormat::OpenMetrics);
    CHECK(has(open, "# TYPE pidone_build info"));
    CHECK(has(open, "pidone_build_info{version=\"1.2.3\"} 1"));
    CHECK(has(open,
              "# TYPE pidone_service_cpu_seconds counter\n"
              "# UNIT pidone_service_cpu_seconds seconds\n"
              "pidone_service_cpu_seconds_total{service=\"db\"} 12.340"));
    CHECK(open.ends_with("\n# EOF\n"));
}

TEST_CASE("a state is 1 for the present one and 0 for all others") {
    const auto text = page(site());
    CHECK(has(text, R"(pidone_service_state{service="db",state="up"} 1)"));
    CHECK(has(text, R"(pidone_service_state{service="db",state="backoff"} 0)"));
    CHECK(has(text, R"(pidone_service_state{service="web",state="backoff"} 1)"));
    CHECK(has(text, R"(pidone_service_state{service="web",state="stopped"} 0)"));
    CHECK(has(text, R"(pidone_service_health{service="web",health="healthy"} 1)"));
    CHECK(has(text, R"(pidone_service_health{service="web",health="stopping"} 0)"));
    CHECK(has(text, R"(pidone_health{health="healthy"} 1)"));
    CHECK(has(text, R"(pidone_health{health="starting"} 0)"));
}

TEST_CASE("the processes of a service are counted, and what it has not is absent") {
    const auto text = page(site());
    CHECK(has(text, "pidone_service_processes{service=\"db\"} 3"));
    CHECK(has(text, "pidone_service_processes{service=\"web\"} 0"));
    CHECK(has(text, "pidone_service_resident_memory_bytes{service=\"db\"} 4096"));
    CHECK_FALSE(has_series(text, "pidone_service_resident_memory_bytes{service=\"web\"}"));
    CHECK_FALSE(has_series(text, "pidone_service_cpu_seconds_total{service=\"web\"}"));
    CHECK(has(text, "pidone_service_open_fds{service=\"db\"} 17"));

    auto hidden = site();
    hidden.trees[0].descriptors.reset();
    CHECK_FALSE(has_series(page(hidden), "pidone_service_open_fds"));
    CHECK_FALSE(has_series(page(hidden), "# HELP pidone_service_open_fds"));
}

TEST_CASE("the last end is a code and a signal, and absent before it") {
    auto scrape = site();
    CHECK_FALSE(has_series(page(scrape), "pidone_service_last_exit"));

    scrape.status->services[0].last_exit = base::ExitStatus::exited(3);
    scrape.status->services[1].last_exit = base::ExitStatus::killed(base::kSigKill);
    scrape.status->services[1].restarts = 2;
    const auto text = page(scrape);
    CHECK(has(text, "pidone_service_last_exit_code{service=\"db\"} 3"));
    CHECK(has(text, "pidone_service_last_exit_signal{service=\"db\"} 0"));
    CHECK(has(text, "pidone_service_last_exit_code{service=\"web\"} 137"));
    CHECK(has(text, "pidone_service_last_exit_signal{service=\"web\"} 9"));
    CHECK(has(text, "pidone_service_restarts_total{service=\"db\"} 0"));
    CHECK(has(text, "pidone_service_restarts_total{service=\"web\"} 2"));
}

TEST_CASE("the cgroup is told as far as it is known") {
    auto scrape = site();
    CHECK_FALSE(has_series(page(scrape), "pidone_cgroup"));

    scrape.cgroup = {.memory_bytes = 5U,
                     .memory_limit_bytes = 64U,
                     .oom_kills = 1U,
                     .cpu_microseconds = 1'500'000U,
                     .throttled_microseconds = 7U,
                     .cpu_limit_millis = 1500U,
                     .processes = 4U,
                     .processes_limit = 100U};
    const auto text = page(scrape);
    CHECK(has(text, "pidone_cgroup_memory_bytes 5"));
    CHECK(has(text, "pidone_cgroup_memory_limit_bytes 64"));
    CHECK(has(text, "pidone_cgroup_oom_kills_total 1"));
    CHECK(has(text, "pidone_cgroup_cpu_seconds_total 1.500000"));
    CHECK(has(text, "pidone_cgroup_cpu_throttled_seconds_total 0.000007"));
    CHECK(has(text, "pidone_cgroup_cpu_limit_cores 1.500"));
    CHECK(has(text, "pidone_cgroup_tasks 4"));
    CHECK(has(text, "pidone_cgroup_tasks_limit 100"));
}

TEST_CASE("moments count from 1970, and a run that is not ready has none") {
    auto scrape = site();
    scrape.status->services[0].spawned = 70ms;
    auto text = page(scrape);
    CHECK(has(text, "pidone_start_time_seconds 1700000000.050"));
    CHECK(has(text, "pidone_service_start_time_seconds{service=\"db\"} 1700000000.120"));
    CHECK_FALSE(has_series(text, "pidone_service_ready"));

    scrape.status->services[0].ready = 1'071ms;
    text = page(scrape);
    CHECK(has(text, "pidone_service_ready_time_seconds{service=\"db\"} 1700000001.121"));
    CHECK(has(text, "pidone_service_ready_duration_seconds{service=\"db\"} 1.001"));
}

TEST_CASE("what PID 1 counts is told") {
    auto scrape = site();
    scrape.status->container.reaped = 5;
    scrape.status->container.forwarded = 6;
    scrape.status->services[1].log_lines = 7;
    scrape.status->services[1].log_drops = 8;
    const auto text = page(scrape);
    CHECK(has(text, "pidone_zombies_reaped_total 5"));
    CHECK(has(text, "pidone_signals_forwarded_total 6"));
    CHECK(has(text, "pidone_service_log_lines_total{service=\"web\"} 7"));
    CHECK(has(text, "pidone_service_log_lines_dropped_total{service=\"web\"} 8"));
}

TEST_CASE("a label value cannot break out of its quotes") {
    auto scrape = site();
    scrape.status->services[0].name = control::Name{"a\"b\\c\nd"};
    CHECK(has(page(scrape), R"(pidone_service_processes{service="a\"b\\c\nd"} 3)"));
}

TEST_CASE("CPU time that is lost to a tree does not make its counter fall") {
    const auto scrape = site();
    cli::CpuCounters counters;
    const auto next = [&](base::Duration cpu, std::int64_t started_at) {
        std::vector<sys::TreeUsage> trees(2);
        trees[0].cpu = cpu;
        trees[0].started_at = started_at;
        counters.correct(*scrape.status, trees);
        return trees[0].cpu;
    };

    CHECK(next(10s, 1).count() == 10'000);
    CHECK(next(8s, 1).count() == 10'000);
    CHECK(next(9s, 1).count() == 11'000);
    CHECK(next(9s, 1).count() == 11'000);
    CHECK(next(1s, 2).count() == 1'000);  // another run
}
