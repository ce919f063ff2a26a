// SPDX-License-Identifier: MIT
#include "cli/graph_view.hpp"

#include <algorithm>

#include "core/graph.hpp"

namespace cli {
namespace {

std::string names_of(const core::Spec& spec, const std::vector<core::ServiceId>& ids) {
    std::string out;
    for (const auto id : ids) {
        out += (out.empty() ? "" : ", ") + spec.services[core::index(id)].name;
    }
    return out;
}

/// Calls `visit` with every edge: the two indexes, and whether it is a hard one.
template <class Visit>
void for_each_edge(const core::Spec& spec, Visit visit) {
    for (std::size_t from = 0; from < spec.services.size(); ++from) {
        for (const auto to : spec.services[from].requires_) {
            visit(from, core::index(to), true);
        }
        for (const auto to : spec.services[from].after) {
            visit(from, core::index(to), false);
        }
    }
}

std::string note_of(const core::ServiceSpec& service) {
    return !service.is_enabled ? "not enabled"
           : service.schedule.kind != core::Schedule::Kind::None
               ? "runs by schedule: " + service.schedule.text
           : service.type == core::ServiceType::Oneshot ? "oneshot"
                                                        : "";
}

}  // namespace

std::string graph_text(const core::Spec& spec) {
    std::size_t width = 0;
    for (const auto& service : spec.services) {
        width = std::max(width, service.name.size());
    }
    const core::Graph graph{spec.services};
    std::string out;
    for (const auto id : graph.order()) {
        const auto& service = spec.services[core::index(id)];
        std::string relations;
        const auto add = [&](const std::string& text) {
            relations += (relations.empty() || text.empty() ? "" : "; ") + text;
        };
        add(service.requires_.empty() ? "" : "requires " + names_of(spec, service.requires_));
        add(service.after.empty() ? "" : "after " + names_of(spec, service.after));
        add(note_of(service));
        out += service.name;
        if (!relations.empty()) {
            out.append(width - service.name.size() + 2, ' ');
        }
        out += relations + "\n";
    }
    return out;
}

std::string graph_dot(const core::Spec& spec) {
    std::string out = "digraph services {\n  rankdir=LR;\n  node [shape=box];\n";
    for (const auto& service : spec.services) {
        out += "  \"" + service.name + "\"" + (service.is_enabled ? "" : " [style=dotted]") + ";\n";
    }
    for_each_edge(spec, [&](std::size_t from, std::size_t to, bool is_hard) {
        out += "  \"" + spec.services[from].name + "\" -> \"" + spec.services[to].name + "\"" +
               (is_hard ? "" : " [style=dashed]") + ";\n";
    });
    return out + "}\n";
}

std::string graph_mermaid(const core::Spec& spec) {
    // A name may hold what Mermaid takes for an arrow, so nodes are numbers with a label.
    std::string out = "flowchart LR\n";
    for (std::size_t i = 0; i < spec.services.size(); ++i) {
        out += "  s" + std::to_string(i) + "[\"" + spec.services[i].name + "\"]\n";
    }
    for_each_edge(spec, [&](std::size_t from, std::size_t to, bool is_hard) {
        out += "  s" + std::to_string(from) + (is_hard ? " --> s" : " -.-> s") +
               std::to_string(to) + "\n";
    });
    return out;
}

}  // namespace cli
