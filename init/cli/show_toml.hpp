// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/spec.hpp"

namespace cli {

/// The effective settings of one service as TOML that the loader would read back to the same, in
/// the order of the key reference; what is unset is left out. Of secrets only names and paths.
[[nodiscard]] std::string service_toml(const core::Spec& spec, const core::ServiceSpec& service);

/// The effective pidone.toml.
[[nodiscard]] std::string container_toml(const core::Spec& spec);

}  // namespace cli
