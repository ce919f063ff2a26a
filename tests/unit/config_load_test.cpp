// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <limits>

#include "config/load.hpp"
#include "config_support.hpp"

namespace {

using Files = std::vector<config::SourceFile>;

core::Spec loaded(const Files& files, const TestEnvironment& environment = {}) {
    auto spec = config::load(files, environment);
    if (!spec) {
        FAIL(spec.error().render());
    }
    return spec.value_or(core::Spec{});
}

std::string complaints(const Files& files) {
    const auto spec = config::load(files, TestEnvironment{});
    return spec ? "" : spec.error().render();
}

}  // namespace

TEST_CASE("services are in the order of their names, and refer to each other by index") {
    const auto spec = loaded(
        {service_file("web", "command = [\"w\"]\nrequires = [\"db\"]\nafter = [\"cache\"]\n"),
         service_file("db", "command = [\"d\"]\n"), service_file("cache", "command = [\"c\"]\n")});

    REQUIRE(spec.services.size() == 3);
    CHECK(spec.services[0].name == "cache");
    CHECK(spec.services[1].name == "db");
    REQUIRE(spec.services[2].requires_.size() == 1);
    CHECK(core::index(spec.services[2].requires_[0]) == 1);
    CHECK(core::index(spec.services[2].after[0]) == 0);
}

TEST_CASE("what a file leaves out has the default of the spec") {
    const auto spec = loaded({service_file("web", "command = [\"w\"]\n")});
    const core::ServiceSpec defaults;
    const auto& web = spec.services.front();

    CHECK(spec.mode == core::Mode::Service);
    CHECK(spec.shutdown_timeout == core::Spec{}.shutdown_timeout);
    CHECK(web.stop_signal == defaults.stop_signal);
    CHECK(web.unexpected_exit_code == defaults.unexpected_exit_code);
    CHECK(web.ready.kind == core::Readiness::Kind::Exec);
    CHECK_FALSE(web.stop_timeout.has_value());
    CHECK_FALSE(web.child.security.capabilities.has_value());
}

TEST_CASE("a service is essential, a oneshot is not, unless it says so") {
    const auto essential = [](const std::string& text) {
        return loaded({service_file("x", "command = [\"x\"]\n" + text)}).services[0].is_essential;
    };

    CHECK(essential(""));
    CHECK_FALSE(essential("type = \"oneshot\"\n"));
    CHECK_FALSE(essential("essential = false\n"));
    CHECK(essential("type = \"oneshot\"\nessential = true\n"));
}

TEST_CASE("a limit is one number, a pair or max") {
    const auto spec = loaded({service_file("x",
                                           "command = [\"x\"]\n[limits]\nnofile = 10\ncore = "
                                           "\"max\"\nas = { soft = 1, hard = \"max\" }\n"
                                           "cpu = { hard = 5 }\n")});
    const auto& limits = spec.services[0].child.limits;
    constexpr auto kInfinity = std::numeric_limits<std::uint64_t>::max();

    REQUIRE(limits.size() == 4);
    CHECK(limits[0].resource == 7);
    CHECK(limits[0].soft == 10);
    CHECK(limits[0].hard == 10);
    CHECK(limits[1].soft == kInfinity);
    CHECK(limits[2].soft == 1);
    CHECK(limits[2].hard == kInfinity);
    CHECK(limits[3].soft == 5);
}

TEST_CASE("STAGING stays a reference in the command of a step that creates") {
    const auto spec = loaded({service_file(
        "x",
        "command = [\"x\"]\n[[setup]]\ncommand = [\"a\", \"--dir=${STAGING}/${SUB:-b}\"]\n"
        "creates = \"/var/lib/x/\"\n")});
    const auto& step = spec.services[0].child.setup[0];

    CHECK(step.command[1] == "--dir=${STAGING}/b");
    CHECK(step.creates == "/var/lib/x");
    CHECK(step.name == "step 1");
}

TEST_CASE("a template's source is relative to its own file") {
    config::SourceFile override{"extra/x.d/a.toml", "/extra/x.d", "x", true,
                                "[[template]]\nsource = \"a.in\"\ntarget = \"/run/a\"\n"};

    const auto spec = loaded({service_file("x", "command = [\"x\"]\n"), override});

    CHECK(spec.services[0].child.templates[0].source == "/extra/x.d/a.in");
}

TEST_CASE("the variables of pidone.toml override it") {
    const TestEnvironment environment{{{"PIDONE_SHUTDOWN_TIMEOUT", "20s"},
                                       {"PIDONE_LINGER", "0"},
                                       {"PIDONE_LOG_FORMAT", "json"},
                                       {"PIDONE_CONTROL", ""}}};

    const auto spec =
        loaded({service_file("x", "command = [\"x\"]\n"),
                service_file("pidone", "shutdown-timeout = \"4s\"\ncontrol = \"/c\"\n")},
               environment);

    CHECK(spec.shutdown_timeout == core::Duration{20000});
    CHECK(spec.linger == core::Duration{0});
    CHECK(spec.log_format == core::LogFormat::Json);
    CHECK(spec.control.empty());
}

TEST_CASE("an empty variable leaves what pidone.toml says") {
    const TestEnvironment environment{
        {{"PIDONE_SHUTDOWN_TIMEOUT", ""}, {"PIDONE_LINGER", ""}, {"PIDONE_LOG_FORMAT", ""}}};

    const auto spec =
        loaded({service_file("x", "command = [\"x\"]\n"),
                service_file("pidone", "shutdown-timeout = \"4s\"\nlog-format = \"json\"\n")},
               environment);

    CHECK(spec.shutdown_timeout == core::Duration{4000});
    CHECK(spec.linger == core::Duration{2000});
    CHECK(spec.log_format == core::LogFormat::Json);
}

TEST_CASE("a file above 1 MiB is refused, one of 1 MiB is not") {
    const std::string start = "command = [\"x\"]\n#";
    const auto text = [&](std::size_t size) {
        return start + std::string(size - start.size(), 'x');
    };

    CHECK(complaints({service_file("x", text(1024 * 1024))}) == "");
    CHECK(complaints({service_file("x", text(1024 * 1024 + 1))}) ==
          "etc/x.toml: error: the file is larger than 1 MiB\n");
}

TEST_CASE("UTF-8 is checked to the letter of RFC 3629") {
    const auto accepts = [](const std::string& bytes) {
        return complaints({service_file("x", "command = [\"x\"] # " + bytes + "\n")}).empty();
    };

    CHECK(accepts("\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80"));
    for (const char* bytes : {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                              "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xff"}) {
        CAPTURE(bytes);
        CHECK_FALSE(accepts(bytes));
    }
}

TEST_CASE("there is at least one service and there are at most 128") {
    Files files;
    CHECK(complaints(files) ==
          "configuration: error: no service; each service is a file NAME.toml there\n");
    for (int i = 0; i < 128; ++i) {
        files.push_back(service_file("s" + std::to_string(i), "command = [\"x\"]\n"));
    }
    CHECK(complaints(files) == "");
    files.push_back(service_file("one-more", "command = [\"x\"]\n"));
    CHECK(complaints(files) == "etc: error: 129 services, at most 128 are possible\n");
}

TEST_CASE("a long chain of services is no cycle, and its closing edge is one") {
    Files files;
    for (int i = 0; i < 100; ++i) {
        files.push_back(service_file("s" + std::to_string(i), "command = [\"x\"]\nafter = [\"s" +
                                                                  std::to_string(i + 1) + "\"]\n"));
    }
    files.push_back(service_file("s100", "command = [\"x\"]\n"));
    CHECK(complaints(files) == "");

    files.back().text += "requires = [\"s0\"]\n";

    CHECK(complaints(files).find("dependency cycle: s0 -> s1 -> s2 ->") != std::string::npos);
}

TEST_CASE("away from its container an unset variable is a warning and its key absent") {
    const Files files{service_file(
        "x", "command = [\"x\"]\nready = \"tcp://127.0.0.1:${PORT}\"\nuser = \"${UID:?why}\"\n")};

    const auto result = config::load_all(files, TestEnvironment{}, config::Unset::Warning);

    CHECK(result.diagnostics.error_count() == 0);
    CHECK(result.diagnostics.warning_count() == 2);
}

TEST_CASE("origins say where things were written") {
    const Files files{service_file("x",
                                   "command = [\"x\"]\nuser = 33\n[[template]]\nsource = \"a\"\n"
                                   "target = \"/b\"\n")};

    const auto result = config::load_all(files, TestEnvironment{});

    REQUIRE(result.origins.size() == 1);
    CHECK(result.origins[0].command.line == 1);
    CHECK(result.origins[0].user.line == 2);
    CHECK(result.origins[0].template_targets[0].line == 5);
    CHECK(result.origins[0].template_owners[0].line == 3);
}
