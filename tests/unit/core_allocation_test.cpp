// SPDX-License-Identifier: MIT
#include "core/supervisor.hpp"
#include "core_allocation_counter.hpp"
#include "core_driver.hpp"

using namespace core_test;

namespace {

constexpr std::size_t kServices = 10;

core::Spec chain() {
    std::vector<core::ServiceSpec> services;
    for (std::size_t i = 0; i < kServices; ++i) {
        services.push_back(service("s" + std::to_string(i)));
        services.back().is_essential = false;
        services.back().ready.kind = core::Readiness::Kind::Probe;
        services.back().before_stop.command = {"drain"};
        if (i > 0) {
            services.back().requires_ = {static_cast<ServiceId>(i - 1)};
        }
    }
    return spec(std::move(services));
}

}  // namespace

TEST_CASE("a thousand steps allocate nothing") {
    const core::Spec spec = chain();
    std::vector<core::Supervisor> supervisors;
    supervisors.reserve(20);
    for (int i = 0; i < 20; ++i) {
        supervisors.emplace_back(spec);
    }
    const std::size_t before = allocations();
    std::size_t commands = 0;
    std::size_t steps = 0;
    Instant now{Duration{1}};

    for (core::Supervisor& supervisor : supervisors) {
        const auto step = [&](core::Event::Kind kind, std::size_t service) {
            ++steps;
            now += Duration{1};
            commands +=
                supervisor.step({.kind = kind, .service = static_cast<ServiceId>(service)}, now)
                    .size();
        };
        step(core::Event::Kind::Boot, 0);
        for (std::size_t i = 0; i < kServices; ++i) {
            step(core::Event::Kind::Spawned, i);
            step(core::Event::Kind::Executed, i);
            step(core::Event::Kind::Ready, i);
        }
        step(core::Event::Kind::MainExited, 0);
        for (std::size_t i = kServices - 1; i > 0; --i) {
            step(core::Event::Kind::MainExited, i);
            step(core::Event::Kind::TreeEmpty, i);
        }
        step(core::Event::Kind::TreeEmpty, 0);
        step(core::Event::Kind::ChildrenGone, 0);
    }

    const std::size_t after = allocations();
    CHECK(steps >= 1000);
    CHECK(commands > steps);
    CHECK(after == before);
}
