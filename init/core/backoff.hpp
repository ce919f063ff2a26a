// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/spec.hpp"

namespace core {

/// How long attempt number `attempt` (from 1) waits: `delay`, doubled for each attempt before it,
/// `max_delay` at most, and off by up to `jitter_permille` of that, as `random` says. 0 means no
/// jitter.
[[nodiscard]] Duration backoff_delay(const RestartPolicy& policy, int attempt,
                                     std::uint64_t random);

/// Numbers for jitter (splitmix64): enough that services that died together do not come back
/// together. From the seed 0 every number is 0.
class JitterSource {
  public:
    explicit JitterSource(std::uint64_t seed) : state_{seed}, is_silent_{seed == 0} {}
    std::uint64_t next();

  private:
    std::uint64_t state_;
    bool is_silent_;
};

}  // namespace core
