// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace base {

/// Whether `host` is an address rather than a name: four decimal numbers (IPv4), or groups of
/// hexadecimal digits as of RFC 4291, with at most one "::" and perhaps an IPv4 address at the end.
[[nodiscard]] bool is_address(std::string_view host);

}  // namespace base
