// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <utility>

#include "runtime/child.hpp"
#include "runtime/child_descriptors.hpp"
#include "runtime/child_environment.hpp"
#include "runtime/child_error.hpp"
#include "runtime/child_execute.hpp"
#include "runtime/child_user.hpp"
#include "sys/child_process.hpp"
#include "sys/clock.hpp"
#include "sys/descriptors.hpp"
#include "sys/environment.hpp"
#include "sys/probe.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"

namespace runtime {
namespace {

using base::Duration;

constexpr Duration kFirstPause{10};
constexpr Duration kLongestPause{100};
constexpr Duration kSilence{5'000};
constexpr int kFirstOfOurs = 3;

// What a probe or hook needs from the service: who it is and what it sees.
struct Actor {
    std::optional<sys::User> user;
    std::vector<std::string> environment;
};

// PID 1 ends a probe or a hook by its group.
void become_group() {
    (void)sys::set_group(base::Pid::None, base::Pid::None);
    sys::reset_dispositions();
    sys::restore_mask(0);
    sys::restore_nofile();
    // A copy of PID 1's own would keep a connection or a socket open that PID 1 has closed.
    sys::close_from(kFirstOfOurs);
}

Actor make_actor(const core::ServiceSpec& spec, const ChildContext& context) {
    auto user = find_user(spec.child.user);
    if (!user) {
        give_up(context.status_fd, spec.name, user.error());
    }
    const auto variables = make_environment(spec.child, sys::environment_entries(), *user);
    if (!variables) {
        give_up(context.status_fd, spec.name, variables.error());
    }
    return Actor{.user = std::move(*user), .environment = variables->entries()};
}

// Tells why the service is not ready yet, once that has lasted a while and before the
// ready-timeout, after which nobody can tell any more; and again when the reason is another one.
class Complaint {
  public:
    explicit Complaint(const core::ServiceSpec& spec)
        : service_{spec.name},
          next_{sys::now() + std::min(kSilence, spec.ready.timeout.value_or(kSilence * 2) / 2)} {}

    void about(const std::string& reason) {
        if (sys::now() >= next_ && reason != said_) {
            say(service_, logging::Severity::Info, "still not ready: " + reason);
            said_ = reason;
            next_ = sys::now() + kSilence;
        }
    }

  private:
    const std::string& service_;
    std::string said_;
    base::Instant next_;
};

// Tries until there is no reason against it. Pauses grow, so that a service that is quick is seen
// at once and a slow one is left in peace.
template <class Try>
void repeat_until_ready(const core::ServiceSpec& spec, Try try_once) {
    Complaint complaint{spec};
    auto pause = kFirstPause;
    for (std::string reason = try_once(); !reason.empty(); reason = try_once()) {
        complaint.about(reason);
        sys::sleep_for(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
}

void probe_endpoint(const core::ServiceSpec& spec) {
    repeat_until_ready(spec, [&]() -> std::string {
        const auto answer = sys::try_endpoint(spec.ready.endpoint, sys::kTryTimeout);
        return answer ? "" : base::to_string(spec.ready.endpoint) + ": " + answer.error().text;
    });
}

void probe_command(const core::ServiceSpec& spec, const ChildContext& context) {
    const auto actor = make_actor(spec, context);
    // Each failing try would write to the log what the next one takes back.
    const ServiceCommand command{
        .argv = spec.ready.command, .environment = actor.environment, .discards_output = true};
    repeat_until_ready(spec, [&]() -> std::string {
        const auto status = run_as_service(spec, actor.user, command);
        if (!status) {
            auto error = status.error();
            error.text = "'ready': " + error.text;
            give_up(context.status_fd, spec.name, error);
        }
        return *status == base::ExitStatus::exited(0)
                   ? ""
                   : "'" + spec.ready.command.front() + "' " + base::to_string(*status);
    });
}

// Why it is not healthy, or "". PID 1 ends it at its timeout, and says so itself.
std::string try_health_endpoint(const core::ServiceSpec& spec) {
    const auto& health = spec.health;
    const auto answer = sys::try_endpoint(health.endpoint, health.timeout * 2);
    return answer ? "" : base::to_string(health.endpoint) + ": " + answer.error().text;
}

std::string try_health_command(const core::ServiceSpec& spec, const ChildContext& context) {
    const auto actor = make_actor(spec, context);
    const auto status = run_as_service(
        spec, actor.user,
        {.argv = spec.health.command, .environment = actor.environment, .discards_output = true});
    if (!status) {
        auto error = status.error();
        error.text = "'health': " + error.text;
        give_up(context.status_fd, spec.name, error);
    }
    return *status == base::ExitStatus::exited(0)
               ? ""
               : "'" + spec.health.command.front() + "' " + base::to_string(*status);
}

}  // namespace

void run_ready_probe(const core::ServiceSpec& spec, const ChildContext& context) {
    become_group();
    if (spec.ready.kind == core::Readiness::Kind::Command) {
        probe_command(spec, context);
    } else {
        probe_endpoint(spec);
    }
    sys::exit_now(0);
}

void run_health_probe(const core::ServiceSpec& spec, const ChildContext& context) {
    constexpr int kUnhealthy = 1;
    become_group();
    if (!context.tells_failure) {
        // What fails every few seconds is said once, by the try that counts.
        sys::discard_output();
    }
    const auto reason = spec.health.kind == core::HealthCheck::Kind::Command
                            ? try_health_command(spec, context)
                            : try_health_endpoint(spec);
    if (!reason.empty()) {
        say(spec.name, logging::Severity::Info, "health probe: " + reason);
    }
    sys::exit_now(reason.empty() ? 0 : kUnhealthy);
}

void run_hook(const core::ServiceSpec& spec, const ChildContext& context) {
    install_outputs(context);
    become_group();
    const auto actor = make_actor(spec, context);
    const auto status = run_as_service(
        spec, actor.user, {.argv = spec.before_stop.command, .environment = actor.environment});
    if (!status) {
        auto error = status.error();
        error.text = "'before-stop': " + error.text;
        give_up(context.status_fd, spec.name, error);
    }
    sys::exit_now(status->shell_code());
}

}  // namespace runtime
