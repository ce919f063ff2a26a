// SPDX-License-Identifier: MIT
#pragma once

namespace sys {

/// The text of an errno value as strerror(3) words it in English, but beginning in lower case: "no
/// such file or directory". Valid for ever; allocation-free.
[[nodiscard]] const char* error_text(int code) noexcept;

}  // namespace sys
