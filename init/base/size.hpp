// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// Reads a number of bytes: "65536", "64KiB", "1MiB" or "2GiB". Empty when the text is no size or
/// exceeds an int64_t.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

/// Writes it in the largest unit that holds it exactly: "64KiB", "1000".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

}  // namespace base
