// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <vector>

#include "core/event.hpp"
#include "random.hpp"

namespace sim {

using core::Duration;
using core::ExitStatus;
using core::Signal;

/// What a process does when it is asked to end.
struct Manners {
    bool ignores = false;              ///< only KILL ends it
    bool is_stuck = false;             ///< not even KILL does (uninterruptible sleep)
    Duration delay{0};                 ///< from the signal to the end
    std::optional<ExitStatus> answer;  ///< none = the signal kills it
};

/// What one service does in this world; everything is drawn before it begins.
struct Behaviour {
    bool fork_fails = false;
    std::optional<Duration> set_up{Duration{0}};  ///< until exec; none = for ever
    std::optional<ExitStatus> set_up_failure;     ///< instead of the exec
    bool says_why = true;                         ///< StartFailed comes before that end
    std::optional<Duration> ready;                ///< from exec; none = never
    std::optional<Duration> life;                 ///< from exec; none = until stopped
    ExitStatus end = ExitStatus::exited(0);
    Manners manners;
    std::vector<Manners> leftovers;  ///< of the service's tree, live as long as they can
    std::vector<Manners> strays;     ///< nobody knows whose they are
    std::optional<Duration> hook{Duration{0}};
    int hook_code = 0;
    std::optional<Duration> extends_at;  ///< from exec
    Duration extends_by{0};
    std::optional<Duration> new_main_at;  ///< from exec
    std::optional<Duration> probe;        ///< how long a health probe takes; none = for ever
    int probe_failures = 0;               ///< per cent of the health probes
    std::optional<Duration> feeds;        ///< WATCHDOG=1 this often, from exec; none = never
    std::optional<Duration> feeds_until;  ///< from exec; none = to its end
    std::optional<Duration> bites_at;     ///< WATCHDOG=trigger, from exec
};

/// A signal from outside.
struct Knock {
    Duration at{0};
    Signal signal{};
};

/// Somebody asks for the start, stop or restart of a service, or its date has come.
struct Wish {
    Duration at{0};
    core::Event::Kind kind = core::Event::Kind::StartAsked;
    core::ServiceId service = core::kNoService;
};

struct Scenario {
    core::Spec spec;
    /// For each service what it does in its first run, its second, ... and again from the first.
    std::vector<std::vector<Behaviour>> behaviours;
    std::vector<Knock> knocks;
    std::vector<Wish> wishes;
    std::vector<Duration> reloads;  ///< when somebody wants the files read again
};

/// What the files say then: services that are the same, changed, new and gone.
struct Reload {
    core::Spec spec;
    std::vector<std::vector<Behaviour>> behaviours;
    std::vector<core::Successor> from;
    std::vector<core::ServiceId> replaced;  ///< those that changed or are gone
};

/// The world of `seed`.
[[nodiscard]] Scenario make_scenario(std::uint64_t seed);

/// Another world in place of `scenario`.
[[nodiscard]] Reload make_reload(Random& random, const Scenario& scenario);

/// What colours a whole world: in a calm one most things go well for long enough to be stopped.
struct Mood {
    bool is_calm = false;
    int essential = 50;  ///< per cent of the services
};

/// One service and what it does in its runs.
[[nodiscard]] core::ServiceSpec any_service(Random& random, const Mood& mood, std::size_t number);
[[nodiscard]] std::vector<Behaviour> any_runs(Random& random, const Mood& mood,
                                              const core::ServiceSpec& spec);
/// What keeps a service alive, or brings it back.
void draw_supervision(Random& random, core::ServiceSpec& service);

}  // namespace sim
