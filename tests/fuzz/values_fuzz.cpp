// SPDX-License-Identifier: MIT
// Any bytes may be the text of a value: a duration, an endpoint, a size, the fields of cron. They
// are refused, or the value keeps its bounds, and writing it and reading it again gives the same.
#include <string>
#include <string_view>

#include "base/duration.hpp"
#include "base/endpoint.hpp"
#include "base/size.hpp"
#include "config/cron.hpp"
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

void check_size(std::string_view text) {
    if (const auto size = base::parse_size(text)) {
        require(base::parse_size(base::size_text(*size)) == size);
    }
}

bool is_within(std::uint64_t bits, int low, int high) {
    const auto allowed = ((std::uint64_t{2} << high) - 1) & ~((std::uint64_t{1} << low) - 1);
    return bits != 0 && (bits & ~allowed) == 0;
}

void check_cron(std::string_view text) {
    const auto cron = config::parse_cron(text);
    if (!cron) {
        require(!cron.error().empty());
        return;
    }
    require(is_within(cron->minutes, 0, 59) && is_within(cron->hours, 0, 23));
    require(is_within(cron->days, 1, 31) && is_within(cron->months, 1, 12));
    require(is_within(cron->weekdays, 0, 6));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text{reinterpret_cast<const char*>(bytes), size};
    check_duration(text);
    check_endpoint(text);
    check_size(text);
    check_cron(text);
    return 0;
}
