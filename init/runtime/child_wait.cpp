// SPDX-License-Identifier: MIT
#include "runtime/child_wait.hpp"

#include <algorithm>

#include "sys/clock.hpp"
#include "sys/probe.hpp"

namespace runtime {
namespace {

using base::Duration;

// One try: long enough for a slow name server, short enough to notice a host that came up after its
// packets were dropped.
constexpr Duration kTryTimeout{3'000};
constexpr Duration kSilence{5'000};

ChildResult<void> wait_for_endpoint(const std::string& service, const core::WaitFor& wait) {
    const auto start = sys::now();
    const auto name = std::string{base::to_string(wait.endpoint)};
    bool has_spoken = false;
    while (true) {
        const auto waited = sys::now() - start;
        const auto left = wait.timeout ? *wait.timeout - waited : kTryTimeout;
        const auto answer =
            sys::try_endpoint(wait.endpoint, std::clamp(left, Duration{1}, kTryTimeout));
        if (answer) {
            return {};
        }
        const auto& failure = answer.error();
        if (failure.is_permanent) {
            return fail(Stage::WaitFor, base::kExitConfig, 0,
                        "'wait-for' " + name + " can never answer: " + failure.text);
        }
        const auto now_waited = sys::now() - start;
        if (wait.timeout && now_waited >= *wait.timeout) {
            return fail(Stage::WaitFor, base::kExitSystem, 0,
                        "'wait-for' " + name + " did not answer within " +
                            std::string{base::to_string(*wait.timeout)} + ": " + failure.text);
        }
        if (!has_spoken && now_waited >= kSilence) {
            has_spoken = true;
            say(service, "still waiting for " + name + ": " + failure.text);
        }
        sys::sleep_for(wait.timeout ? std::min(wait.interval, *wait.timeout - now_waited)
                                    : wait.interval);
    }
}

}  // namespace

ChildResult<void> wait_for_endpoints(const core::ServiceSpec& service) {
    for (const auto& wait : service.child.wait_for) {
        if (auto answered = wait_for_endpoint(service.name, wait); !answered) {
            return answered;
        }
    }
    return {};
}

}  // namespace runtime
