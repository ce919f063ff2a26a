// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/graph.hpp"
#include "core_driver.hpp"

using core_test::operator""_id;
using core_test::service;
using Ids = std::vector<core::ServiceId>;

namespace {

Ids list(std::span<const core::ServiceId> ids) {
    return {ids.begin(), ids.end()};
}

}  // namespace

TEST_CASE("the order puts every service behind what it needs") {
    const std::vector<core::ServiceSpec> services{service("web", {1_id, 2_id}),
                                                  service("php", {2_id}), service("db")};

    const core::Graph graph{services};

    CHECK(list(graph.order()) == Ids{2_id, 1_id, 0_id});
}

TEST_CASE("services that do not need each other keep the order of the spec") {
    const std::vector<core::ServiceSpec> services{service("a"), service("b"), service("c")};

    CHECK(list(core::Graph{services}.order()) == Ids{0_id, 1_id, 2_id});
}

TEST_CASE("dependents are those that require a service or come after it") {
    std::vector<core::ServiceSpec> services{service("db"), service("php", {0_id}), service("web")};
    services[2].after = {0_id};

    const core::Graph graph{services};

    CHECK(list(graph.dependents(0_id)) == Ids{1_id, 2_id});
    CHECK(list(graph.dependents(1_id)).empty());
}

TEST_CASE("services without a cycle have none") {
    const std::vector<core::ServiceSpec> services{service("a", {1_id}), service("b", {2_id}),
                                                  service("c")};

    CHECK(core::find_cycle(services).empty());
}

TEST_CASE("a cycle is found as the path that closes it") {
    const std::vector<core::ServiceSpec> services{service("web", {1_id}), service("php", {2_id}),
                                                  service("db", {0_id})};

    CHECK(core::find_cycle(services) == Ids{0_id, 1_id, 2_id});
}

TEST_CASE("a service that needs itself is a cycle of one") {
    const std::vector<core::ServiceSpec> services{service("a"), service("b", {1_id})};

    CHECK(core::find_cycle(services) == Ids{1_id});
}

TEST_CASE("the shortest of several cycles is found, after edges included") {
    std::vector<core::ServiceSpec> services{service("a", {1_id}), service("b", {2_id}),
                                            service("c", {0_id}), service("d", {4_id}),
                                            service("e")};
    services[4].after = {3_id};

    CHECK(core::find_cycle(services) == Ids{3_id, 4_id});
}

TEST_CASE("members of a cycle still appear in the order") {
    const std::vector<core::ServiceSpec> services{service("a", {1_id}), service("b", {0_id}),
                                                  service("c")};

    CHECK(list(core::Graph{services}.order()) == Ids{2_id, 0_id, 1_id});
}
