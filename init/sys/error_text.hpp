// SPDX-License-Identifier: MIT
#pragma once

namespace sys {

/// "is not a regular file", for which errno has no value; beyond all of those.
inline constexpr int kNotRegular = 4096;

/// The text of an errno value as strerror(3) words it in English, but beginning in lower case: "no
/// such file or directory". kNotRegular has its text too. Valid for ever; allocation-free.
[[nodiscard]] const char* error_text(int code) noexcept;

}  // namespace sys
