// SPDX-License-Identifier: MIT
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "world.hpp"

// sim-tests [--seeds N] [--seed N]: runs N random worlds (10,000 unless told), or one with a trace.
// Prints the seed of each world in which an invariant broke; exit 0 when none did.

namespace {

std::uint64_t number_in(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// True when every invariant held.
bool run_world(std::uint64_t seed, sim::World::Trace trace, std::size_t& steps) {
    const sim::Scenario scenario = sim::make_scenario(seed);
    sim::World world{scenario, seed, trace};
    const std::string violation = world.run();
    steps += world.step_count();
    if (!violation.empty()) {
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), violation.c_str());
    }
    return violation.empty();
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t seeds = 10'000;
    std::size_t steps = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::strcmp(argv[i], "--seed") == 0) {
            return run_world(number_in(argv[i + 1]), sim::World::Trace::On, steps) ? 0 : 1;
        }
        if (std::strcmp(argv[i], "--seeds") == 0) {
            seeds = number_in(argv[i + 1]);
        }
    }
    int broken = 0;
    for (std::uint64_t seed = 1; seed <= seeds && broken < 10; ++seed) {
        broken += run_world(seed, sim::World::Trace::Off, steps) ? 0 : 1;
    }
    std::printf("%llu worlds, %zu steps, %d broken\n", static_cast<unsigned long long>(seeds),
                steps, broken);
    if (broken > 0) {
        std::printf("rerun one with: sim-tests --seed N\n");
    }
    return broken == 0 ? 0 : 1;
}
