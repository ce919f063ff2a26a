// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>

#include "cli/graph_view.hpp"

using core::ServiceId;

namespace {

/// web requires db and comes after cache; backup runs by a schedule; old is not enabled.
core::Spec site() {
    core::Spec spec;
    for (const auto* name : {"backup", "cache", "db", "old", "web"}) {
        core::ServiceSpec service;
        service.name = name;
        spec.services.push_back(service);
    }
    spec.services[0].type = core::ServiceType::Oneshot;
    spec.services[0].schedule.kind = core::Schedule::Kind::Every;
    spec.services[0].schedule.text = "1h";
    spec.services[2].type = core::ServiceType::Oneshot;
    spec.services[3].is_enabled = false;
    spec.services[4].requires_ = {ServiceId{2}};
    spec.services[4].after = {ServiceId{1}};
    return spec;
}

}  // namespace

TEST_CASE("the graph as text has a line for each service, in the order of the start") {
    CHECK(cli::graph_text(site()) ==
          "backup  runs by schedule: 1h\n"
          "cache\n"
          "db      oneshot\n"
          "old     not enabled\n"
          "web     requires db; after cache\n");
}

TEST_CASE("the graph for graphviz tells a hard edge from a soft one") {
    CHECK(cli::graph_dot(site()) ==
          "digraph services {\n"
          "  rankdir=LR;\n"
          "  node [shape=box];\n"
          "  \"backup\";\n"
          "  \"cache\";\n"
          "  \"db\";\n"
          "  \"old\" [style=dotted];\n"
          "  \"web\";\n"
          "  \"web\" -> \"db\";\n"
          "  \"web\" -> \"cache\" [style=dashed];\n"
          "}\n");
}

TEST_CASE("the graph for Mermaid names its nodes by number") {
    CHECK(cli::graph_mermaid(site()) ==
          "flowchart LR\n"
          "  s0[\"backup\"]\n"
          "  s1[\"cache\"]\n"
          "  s2[\"db\"]\n"
          "  s3[\"old\"]\n"
          "  s4[\"web\"]\n"
          "  s4 --> s2\n"
          "  s4 -.-> s1\n");
}
