// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <utility>

namespace sys {

/// Owns one descriptor and closes it once. Move-only; -1 means "none". close(2) is never retried:
/// Linux has released the number even when it reports EINTR.
class UniqueFd {
  public:
    constexpr UniqueFd() noexcept = default;
    constexpr explicit UniqueFd(int fd) noexcept : fd_{fd} {}
    UniqueFd(UniqueFd&& other) noexcept : fd_{other.release()} {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        reset(other.release());
        return *this;
    }
    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;
    ~UniqueFd() { reset(); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
    /// Hands the descriptor to the caller, who closes it from now on.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    /// Closes what is owned and takes `fd` over. errno is left as close(2) set it.
    void reset(int fd = -1) noexcept {
        const int old = std::exchange(fd_, fd);
        if (old >= 0 && old != fd) {
            ::close(old);
        }
    }

  private:
    int fd_ = -1;
};

}  // namespace sys
