// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace core_test {

/// How often operator new was called in this program.
[[nodiscard]] std::size_t allocations();

}  // namespace core_test
