// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace base {

/// How many bytes the UTF-8 character at the begin of `text` (not empty) has; 0 when it is none:
/// overlong forms, surrogates and what lies beyond U+10FFFF are none (RFC 3629).
[[nodiscard]] std::size_t character_length(std::string_view text) noexcept;

/// Whether `byte` is the second or a later one of a character.
[[nodiscard]] constexpr bool is_continuation(char byte) noexcept {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

/// Whether a terminal would obey the character instead of showing it: C0, DEL, C1, and what turns
/// the direction of the text around it.
[[nodiscard]] bool is_control(std::string_view character) noexcept;

}  // namespace base
