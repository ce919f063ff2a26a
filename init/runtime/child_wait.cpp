// SPDX-License-Identifier: MIT
#include "runtime/child_wait.hpp"

#include <algorithm>

#include "sys/clock.hpp"
#include "sys/probe.hpp"

namespace runtime {
namespace {

using base::Duration;

constexpr Duration kSilence{5'000};

base::unexpected<ChildError> fail_wait(int exit_code, const core::WaitFor& wait,
                                       const std::string& what, const std::string& reason) {
    return fail(Stage::WaitFor, exit_code, 0,
                "'wait-for' " + base::to_string(wait.endpoint) + " " + what + ": " + reason);
}

ChildResult<void> wait_for_endpoint(const std::string& service, const core::WaitFor& wait) {
    const auto start = sys::now();
    std::string reason;
    bool has_spoken = false;
    while (true) {
        const auto waited = sys::now() - start;
        const auto left = wait.timeout ? *wait.timeout - waited : sys::kTryTimeout;
        const auto answer =
            sys::try_endpoint(wait.endpoint, std::clamp(left, Duration{1}, sys::kTryTimeout));
        if (answer) {
            return {};
        }
        if (!sys::was_cut(answer.error(), left) || reason.empty()) {
            reason = answer.error().text;
        }
        if (answer.error().is_permanent) {
            return fail_wait(base::kExitConfig, wait, "can never answer", reason);
        }
        const auto now_waited = sys::now() - start;
        if (wait.timeout && now_waited >= *wait.timeout) {
            return fail_wait(base::kExitSystem, wait,
                             "did not answer within " + base::to_string(*wait.timeout), reason);
        }
        if (!has_spoken && now_waited >= kSilence) {
            has_spoken = true;
            say(service, logging::Severity::Info,
                "still waiting for " + base::to_string(wait.endpoint) + ": " + reason);
        }
        sys::sleep_for(wait.timeout ? std::min(wait.interval, *wait.timeout - now_waited)
                                    : wait.interval);
    }
}

}  // namespace

ChildResult<void> wait_for_endpoints(const core::ServiceSpec& service, int status_fd) {
    for (const auto& wait : service.child.wait_for) {
        announce_step(status_fd, Stage::WaitFor, "wait-for " + base::to_string(wait.endpoint));
        if (auto answered = wait_for_endpoint(service.name, wait); !answered) {
            return answered;
        }
    }
    return {};
}

}  // namespace runtime
