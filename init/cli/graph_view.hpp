// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/spec.hpp"

/// Who needs whom, for people and for the programs that draw. Pure.
namespace cli {

/// One line a service, in the order in which they start: "web  requires db, after cache".
[[nodiscard]] std::string graph_text(const core::Spec& spec);
/// For graphviz; `after` is a dashed edge.
[[nodiscard]] std::string graph_dot(const core::Spec& spec);
/// For Mermaid, which GitHub draws; `after` is a dotted edge.
[[nodiscard]] std::string graph_mermaid(const core::Spec& spec);

}  // namespace cli
