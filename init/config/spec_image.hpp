// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/spec.hpp"

namespace config {

/// A Spec as one flat text, in the byte order of the machine: what the child that re-reads the
/// files hands to PID 1, which runs the same binary. Equal Specs have equal images, so images also
/// tell what changed.
[[nodiscard]] std::string to_image(const core::Spec& spec);

/// One service alone; what it requires and comes after is in it by name, because ids depend on
/// what else there is.
[[nodiscard]] std::string to_image(const core::ServiceSpec& service, const core::Spec& spec);

/// The Spec of an image; none when it is cut short or not one of this version.
[[nodiscard]] std::optional<core::Spec> from_image(std::string_view image);

}  // namespace config
