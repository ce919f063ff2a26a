// SPDX-License-Identifier: MIT
#include "runtime/reload_plan.hpp"

#include <doctest/doctest.h>

using core::ServiceId;

namespace {

core::ServiceSpec service(std::string name, std::vector<ServiceId> requires_ = {}) {
    core::ServiceSpec spec;
    spec.name = std::move(name);
    spec.requires_ = std::move(requires_);
    return spec;
}

core::Spec spec(std::vector<core::ServiceSpec> services) {
    core::Spec made;
    made.services = std::move(services);
    return made;
}

}  // namespace

TEST_CASE("services are the same by name and content, wherever they stand") {
    const auto before = spec({service("db"), service("web", {ServiceId{0}}), service("old")});
    auto after = spec({service("new"), service("web", {ServiceId{2}}), service("db")});
    const auto plan = runtime::plan_reload(before, after);
    CHECK(plan.summary() == "new new, old gone; 2 unchanged");
    CHECK(plan.replaced == std::vector{ServiceId{2}});
    CHECK(plan.from[0].was == core::kNoService);
    CHECK((plan.from[1].was == ServiceId{1} && plan.from[1].is_same));
    CHECK((plan.from[2].was == ServiceId{0} && plan.from[2].is_same));

    after.services[2].description = "for people";
    CHECK(runtime::plan_reload(before, after).from[2].is_same);
    after.services[2].stop_timeout = core::Duration{1};
    CHECK(runtime::plan_reload(before, after).summary() ==
          "db changed, new new, old gone; 1 unchanged");
}

TEST_CASE("an edge that leads to another service is a change") {
    const auto before = spec({service("a"), service("b"), service("web", {ServiceId{0}})});
    const auto after = spec({service("a"), service("b"), service("web", {ServiceId{1}})});
    CHECK(runtime::plan_reload(before, after).changed == "web");
}

TEST_CASE("settings of the container are no service's") {
    const auto before = spec({service("a")});
    CHECK(runtime::plan_reload(before, before).is_empty());
    CHECK(runtime::plan_reload(before, before).summary() == "nothing changed; 1 unchanged");
    auto after = before;
    after.shutdown_timeout = after.linger = core::Duration{1};
    after.log_format = core::LogFormat::Json;
    after.reloads_on_hup = true;
    const auto plan = runtime::plan_reload(before, after);
    CHECK(plan.summary() == "shutdown-timeout, linger, log-format, reload-on-hup set; 1 unchanged");
    CHECK_FALSE(plan.is_empty());
}

TEST_CASE("each service, socket and pumped output needs descriptors") {
    const auto none = runtime::descriptors_for(spec({}));
    auto one = service("a");
    CHECK(runtime::descriptors_for(spec({one})) == none + 5);
    one.listen.emplace_back();
    one.log.mode = core::LogMode::Json;
    CHECK(runtime::descriptors_for(spec({one})) == none + 10);
}
