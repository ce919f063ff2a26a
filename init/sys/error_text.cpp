// SPDX-License-Identifier: MIT
#include "sys/error_text.hpp"

#include <array>
#include <cctype>
#include <cstring>

namespace sys {
namespace {

// Linux ends at 133; the longest text has 49 characters.
constexpr std::size_t kErrors = 134;
constexpr std::size_t kLength = 64;

}  // namespace

const char* error_text(int code) noexcept {
    static std::array<std::array<char, kLength>, kErrors> texts{};

    if (code == kNotRegular) {
        return "is not a regular file";
    }
    const char* original = ::strerrordesc_np(code);
    const auto index = static_cast<std::size_t>(code);
    if (original == nullptr || code < 0 || index >= kErrors || std::strlen(original) >= kLength) {
        return original != nullptr ? original : "unknown error";
    }
    auto& text = texts[index];
    std::strcpy(text.data(), original);
    // "RFS specific error" keeps its capitals.
    if (std::islower(static_cast<unsigned char>(text[1])) != 0) {
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    }
    return text.data();
}

}  // namespace sys
