// SPDX-License-Identifier: MIT
#include "sys/probe.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "base/exit_status.hpp"
#include "cli/client_output.hpp"
#include "cli/option_words.hpp"
#include "cli/probe_options.hpp"
#include "log/log.hpp"
#include "sys/clock.hpp"
#include "sys/environment.hpp"
#include "sys/process.hpp"

namespace cli {
namespace {

using base::Duration;

constexpr int kExitSilent = 1;

struct Pending {
    base::Endpoint endpoint;
    std::string reason;
    bool is_hopeless = false;
};

// The time that is left, or nothing when there is no end to it.
class Deadline {
  public:
    explicit Deadline(std::optional<Duration> timeout) {
        if (timeout) {
            end_ = sys::now() + *timeout;
        }
    }
    [[nodiscard]] std::optional<Duration> left() const {
        if (!end_) {
            return std::nullopt;
        }
        return std::max(*end_ - sys::now(), Duration{0});
    }
    [[nodiscard]] bool is_over() const { return end_ && sys::now() >= *end_; }
    [[nodiscard]] Duration at_most(Duration wanted) const {
        return std::min(left().value_or(wanted), wanted);
    }

  private:
    std::optional<base::Instant> end_;
};

bool try_once(Pending& pending, const Deadline& deadline) {
    const auto left = deadline.at_most(sys::kTryTimeout);
    const auto answer = sys::try_endpoint(pending.endpoint, std::max(left, Duration{1}));
    if (answer) {
        return true;
    }
    const bool is_cut = sys::was_cut(answer.error(), left);
    if (!is_cut || pending.reason.empty()) {
        pending.reason =
            is_cut && left == Duration{0} ? "no time was left to try it" : answer.error().text;
    }
    pending.is_hopeless = answer.error().is_permanent;
    return false;
}

std::string describe(const Pending& pending, const ProbeOptions& options,
                     const Deadline& deadline) {
    std::string text{base::to_string(pending.endpoint)};
    if (pending.is_hopeless) {
        text += " can never answer: ";
    } else if (options.timeout && deadline.is_over()) {
        text += " did not answer within " + base::to_string(*options.timeout) + ": ";
    } else {
        text += " did not answer: ";
    }
    return text + pending.reason;
}

int probe_endpoints(const ProbeOptions& options) {
    const Deadline deadline{options.timeout};
    std::vector<Pending> pending;
    for (const auto& endpoint : options.endpoints) {
        pending.push_back({.endpoint = endpoint, .reason = {}});
    }
    while (true) {
        std::erase_if(pending, [&](Pending& item) { return try_once(item, deadline); });
        const bool is_hopeless = std::any_of(pending.begin(), pending.end(),
                                             [](const Pending& item) { return item.is_hopeless; });
        if (pending.empty() || is_hopeless || deadline.is_over()) {
            break;
        }
        sys::sleep_for(deadline.at_most(options.interval));
    }
    for (const auto& item : pending) {
        (void)complain("probe: " + describe(item, options, deadline), kExitSilent);
    }
    return pending.empty() ? 0 : kExitSilent;
}

// What a failed try says about its command: how it ended, or why it did not.
std::string describe(const base::Result<base::ExitStatus>& result) {
    if (result) {
        return " " + std::string{base::to_string(*result)};
    }
    return result.error().code == ETIMEDOUT
               ? " did not end in time"
               : std::string{": "} + logging::error_text(result.error().code);
}

int probe_command(const ProbeOptions& options) {
    const Deadline deadline{options.timeout};
    sys::Invocation invocation;
    invocation.argv = options.command;
    invocation.environment = sys::environment_entries();
    invocation.inherits_stdin = true;
    std::string message;
    do {
        invocation.timeout = deadline.left();
        const auto result = sys::run_command(invocation);
        if (result && *result == base::ExitStatus::exited(0)) {
            return 0;
        }
        const bool has_timed_out = !result && result.error().code == ETIMEDOUT;
        // The end of an earlier try says more than that the last one was cut short.
        if (message.empty() || !has_timed_out) {
            message = "probe: '" + options.command.front() + "'" + describe(result);
        }
        if (!result && !has_timed_out) {
            return complain(message, result.error().code == ENOENT ? base::kExitNotFound
                                                                   : base::kExitNotExecutable);
        }
        sys::sleep_for(deadline.at_most(options.interval));
    } while (!deadline.is_over());
    return complain(message, kExitSilent);
}

}  // namespace

int run_probe(std::span<const std::string> args) {
    const auto options = parse_probe_options(args);
    if (const auto code = answer_words("probe", options)) {
        return *code;
    }
    return options->command.empty() ? probe_endpoints(*options) : probe_command(*options);
}

}  // namespace cli
