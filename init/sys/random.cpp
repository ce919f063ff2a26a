// SPDX-License-Identifier: MIT
#include "sys/random.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <ctime>

namespace sys {

std::uint64_t random_seed() noexcept {
    std::uint64_t seed = 0;
    if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof seed)) {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        seed = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
               static_cast<std::uint64_t>(now.tv_nsec);
    }
    return seed | 1U;
}

}  // namespace sys
