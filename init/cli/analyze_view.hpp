// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "control/client.hpp"

namespace cli {

/// Where the time of the last start of each service went: a line each with its set-up, its way to
/// readiness and a bar, `width` columns at most; and the chain of those that waited for one
/// another up to the last one that became ready. Pure.
[[nodiscard]] std::string analyze_text(const control::Client::Status& status, std::size_t width);

}  // namespace cli
