// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

/// What libFuzzer, or replay.cpp in its place, calls with each input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace fuzz {

/// Ends the process, which is how a target tells that a promise was broken.
inline void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

}  // namespace fuzz
