// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string_view>

/// Small tools for texts that are protocols, so of ASCII and without a locale. Views only.
namespace base {

/// Takes the part in front of `separator`, and both off `text`; all of it where there is none.
inline std::string_view take_until(std::string_view& text, std::string_view separator) noexcept {
    const auto part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(part.size() + separator.size(), text.size()));
    return part;
}

[[nodiscard]] constexpr char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

[[nodiscard]] inline bool equal_in_any_case(std::string_view left,
                                            std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

/// "web" of the instance "web@1", "" of a service that is none.
[[nodiscard]] inline std::string_view stem_of(std::string_view service) noexcept {
    const auto at = service.find('@');
    return at == std::string_view::npos ? std::string_view{} : service.substr(0, at);
}

/// Whether the service is one of the instances of the file `stem`.
[[nodiscard]] inline bool is_instance_of(std::string_view service, std::string_view stem) noexcept {
    return !stem.empty() && stem_of(service) == stem;
}

}  // namespace base
