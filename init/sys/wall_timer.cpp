// SPDX-License-Identifier: MIT
#include "sys/wall_timer.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>

#include "sys/read.hpp"

namespace sys {

base::Result<WallTimer> WallTimer::create() {
    UniqueFd fd{::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!fd) {
        return base::unexpected{base::Errno{"timerfd_create", errno}};
    }
    return WallTimer{std::move(fd)};
}

base::Result<void> WallTimer::arm(std::optional<std::int64_t> seconds) noexcept {
    itimerspec when{};
    // Zero would disarm it; a moment that is past is as good as any other.
    when.it_value.tv_sec = seconds ? std::max(*seconds, std::int64_t{1}) : 0;
    if (::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr) !=
        0) {
        return base::unexpected{base::Errno{"timerfd_settime", errno}};
    }
    return {};
}

WallTimer::Wake WallTimer::read() noexcept {
    std::uint64_t expirations = 0;
    const auto got = read_some(fd_.get(), &expirations, sizeof expirations);
    if (got) {
        return Wake::Expired;
    }
    return got.error().code == ECANCELED ? Wake::ClockSet : Wake::None;
}

}  // namespace sys
