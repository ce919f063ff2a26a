// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace base {

/// The candidate closest to `word`, for "did you mean": edit distance with swaps, at most 2 and
/// less than half of the word. Empty when none is that close.
[[nodiscard]] std::string_view suggest(std::string_view word,
                                       std::span<const std::string_view> candidates);

}  // namespace base
