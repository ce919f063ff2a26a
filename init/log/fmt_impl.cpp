// SPDX-License-Identifier: MIT
// The one place where fmt's engine is compiled; everybody else sees its declarations only.
#include <cstdlib>
// A format is checked when it is compiled, so nothing here fails at run time.
#define FMT_THROW(exception) std::abort()
#define FMT_ASSERT(condition, message) ((condition) ? static_cast<void>(0) : std::abort())
#include <fmt/format.h>

#include "log/log.hpp"

// The few functions of fmt's own library that the engine needs. The library itself
// (format-inl.h) prints to streams and throws, and would bring both along.
FMT_BEGIN_NAMESPACE
namespace detail {

void throw_format_error(const char*) {
    std::abort();
}

// For "{:?}", which nobody uses.
auto is_printable(std::uint32_t cp) -> bool {
    return cp >= ' ';
}

// Not from a locale: meson.build fixes the separator.
template <class Char>
auto thousands_sep_impl(locale_ref) -> thousands_sep_result<Char> {
    return {"\3", FMT_STATIC_THOUSANDS_SEPARATOR};
}
template auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;

template void vformat_to<char>(buffer<char>& buffer, basic_string_view<char> text,
                               basic_format_args<buffer_context<char>> args, locale_ref);

}  // namespace detail
FMT_END_NAMESPACE

namespace logging {

std::string_view vformat_into(std::span<char> buffer, fmt::string_view text,
                              fmt::format_args args) noexcept {
    const auto result = fmt::vformat_to_n(buffer.data(), buffer.size(), text, args);
    return {buffer.data(), std::min(result.size, buffer.size())};
}

std::string vformat(fmt::string_view text, fmt::format_args args) {
    fmt::memory_buffer buffer;
    fmt::detail::vformat_to(buffer, text, args);
    return {buffer.data(), buffer.size()};
}

}  // namespace logging
