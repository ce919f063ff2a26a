// SPDX-License-Identifier: MIT
// The one place where fmt's engine is compiled; everybody else sees its declarations only.
#include <fmt/format-inl.h>

#include "log/log.hpp"

// fmt's own library would bring these two; format.h only declares them.
template fmt::detail::thousands_sep_result<char> fmt::detail::thousands_sep_impl<char>(
    fmt::detail::locale_ref);
template char fmt::detail::decimal_point_impl<char>(fmt::detail::locale_ref);

namespace logging {

std::string_view vformat_into(std::span<char> buffer, fmt::string_view text,
                              fmt::format_args args) noexcept {
    const auto result = fmt::vformat_to_n(buffer.data(), buffer.size(), text, args);
    return {buffer.data(), std::min(result.size, buffer.size())};
}

std::string vformat(fmt::string_view text, fmt::format_args args) {
    return fmt::vformat(text, args);
}

}  // namespace logging
