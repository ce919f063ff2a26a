// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/result.hpp"

namespace runtime {

/// What the system did not give, with the remedy where there is one.
struct Obstacle {
    std::string service;  ///< whose file wants it; "" when no single one does
    std::string text;
};

/// Of what is made before anything starts. At a start the obstacle ends all, at a reload nothing.
using Prepared = base::Result<void, Obstacle>;

}  // namespace runtime
