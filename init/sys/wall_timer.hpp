// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "sys/fd.hpp"

namespace sys {

/// One timer on CLOCK_REALTIME (timerfd_create(2)) that also wakes when somebody sets the clock.
/// All but create() is allocation-free, and nothing blocks.
class WallTimer {
  public:
    /// No timer: fd() is -1.
    WallTimer() = default;

    [[nodiscard]] static base::Result<WallTimer> create();

    /// Wakes at `seconds` since 1970 (at once when that is past); empty = never, not even when the
    /// clock is set. Arming clears what fd() had to read. ECANCELED: armed, but the clock was set
    /// meanwhile, so `seconds` may be out of date.
    [[nodiscard]] base::Result<void> arm(std::optional<std::int64_t> seconds) noexcept;

    enum class Wake {
        None,      ///< nothing to read
        Expired,   ///< its moment came
        ClockSet,  ///< the clock was set; the timer is armed no more
    };
    [[nodiscard]] Wake read() noexcept;

    /// Readable when read() has something to tell.
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  private:
    explicit WallTimer(UniqueFd fd) : fd_{std::move(fd)} {}

    UniqueFd fd_;
};

}  // namespace sys
