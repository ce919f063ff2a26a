// SPDX-License-Identifier: MIT
#include "cli/follow.hpp"

#include <algorithm>

#include "cli/client_output.hpp"
#include "cli/client_session.hpp"
#include "cli/commands.hpp"
#include "cli/status_view.hpp"
#include "sys/clock.hpp"

namespace cli {
namespace {

/// Says what is known now of those that are not over; gives the exit code so far.
int report(const control::Client::Status& status, Goal goal, std::vector<Followed>& services,
           const std::optional<base::Duration>& expired) {
    int code = 0;
    for (auto& followed : services) {
        const auto* service = status.find(followed.name);
        if (followed.is_over || service == nullptr) {
            continue;
        }
        auto seen = *service;
        seen.proves_ready = seen.proves_ready || expired;  // no time is left to watch it
        const auto verdict = judge(goal, seen, followed.last_spawn);
        if (verdict == Verdict::Pending && !expired) {
            continue;
        }
        followed.is_over = true;
        const auto line = printable(outcome_line(goal, verdict, *service, status.container.uptime));
        if (verdict == Verdict::Reached) {
            code = std::max(code, print(line + "\n"));
        } else {
            code = complain(line + (verdict == Verdict::Pending
                                        ? " (--timeout " + base::to_string(*expired) + " is over)"
                                        : ""),
                            1);
        }
    }
    return code;
}

/// That a service has lived long enough is no event, so it has to be looked for.
base::Duration next_look(const control::Client::Status& status,
                         const std::vector<Followed>& services) {
    auto pause = control::kMaxWait;
    for (const auto& followed : services) {
        const auto* service = status.find(followed.name);
        const auto left =
            service == nullptr || followed.is_over ? base::Duration{0} : settle_time(*service);
        pause = left > base::Duration{0} ? std::min(pause, left) : pause;
    }
    return pause;
}

}  // namespace

int follow(control::Client& client, Goal goal, std::vector<Followed>& services,
           std::optional<base::Duration> timeout) {
    const auto began = sys::now();
    const auto is_over = [](const Followed& followed) { return followed.is_over; };
    std::uint64_t seen = 0;
    auto pause = control::kMaxWait;
    int code = 0;
    while (!std::all_of(services.begin(), services.end(), is_over)) {
        const auto left = timeout ? *timeout - (sys::now() - began) : control::kMaxWait;
        const auto status = client.status(seen, std::max(std::min(pause, left), base::Duration{0}));
        if (!status) {
            return complain(status.error());
        }
        seen = status->container.generation;
        pause = next_look(*status, services);
        const bool has_expired = timeout && sys::now() - began >= *timeout;
        code = std::max(code, report(*status, goal, services,
                                     has_expired ? timeout : std::optional<base::Duration>{}));
    }
    return code;
}

int run_wait(std::span<const std::string> args) {
    auto look = look_at_services("wait", args);
    if (!look.status) {
        return look.session.exit_code;
    }
    std::vector<Followed> followed;
    for (const auto index : look.chosen) {
        followed.push_back({std::string{look.status->services[index].name.view()}, {}, false});
    }
    const auto& goal = look.session.options.goal;
    return follow(*look.session.client,
                  goal == "ready"  ? Goal::Ready
                  : goal == "done" ? Goal::Done
                                   : Goal::Stop,
                  followed, look.session.options.timeout);
}

}  // namespace cli
