// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace sys {

/// A number that nobody foresees, never 0, for what needs no secrecy: getrandom(2), and the clock
/// where that has nothing yet or is filtered. Never blocks.
[[nodiscard]] std::uint64_t random_seed() noexcept;

}  // namespace sys
