// SPDX-License-Identifier: MIT
#include "sys/clock.hpp"

#include <cerrno>
#include <ctime>

namespace sys {
namespace {

std::int64_t milliseconds_of(clockid_t clock) noexcept {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace

base::Instant now() noexcept {
    return base::Instant{base::Duration{milliseconds_of(CLOCK_MONOTONIC)}};
}

std::int64_t wall_clock() noexcept {
    return milliseconds_of(CLOCK_REALTIME);
}

void sleep_for(base::Duration duration) noexcept {
    if (duration <= base::Duration::zero()) {
        return;
    }
    timespec left{duration.count() / 1000, duration.count() % 1000 * 1'000'000};
    while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

}  // namespace sys
