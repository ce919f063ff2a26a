// SPDX-License-Identifier: MIT
// Any bytes may be the text of a value: a duration, an endpoint, a size, the fields of cron. They
// are refused, or the value keeps its bounds, and writing it and reading it again gives the same.
#include <string>
#include <string_view>

#include "base/duration.hpp"
#include "base/endpoint.hpp"
#include "fuzz.hpp"

using fuzz::require;

namespace {

void check_duration(std::string_view text) {
    const auto duration = base::parse_duration(text);
    if (!duration) {
        return;
    }
    constexpr base::Duration kTenYears = std::chrono::hours{24 * 3660};
    require(*duration >= base::Duration{0} && *duration <= kTenYears);
    // For people: two units at most, so only the first writing may lose something.
    const std::string written{base::to_string(*duration).view()};
    const auto again = base::parse_duration(written);
    require(again && base::to_string(*again).view() == written);
}

void check_endpoint(std::string_view text) {
    if (const auto endpoint = base::parse_endpoint(text)) {
        const auto again = base::parse_endpoint(base::to_string(*endpoint));
        require(again && *again == *endpoint);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text{reinterpret_cast<const char*>(bytes), size};
    check_duration(text);
    check_endpoint(text);
    return 0;
}
