// SPDX-License-Identifier: MIT
#include "oracle.hpp"

#include <algorithm>

namespace sim {

namespace {

using core::Duration;
using core::ServiceSpec;

/// What the facts so far make of one service.
struct Entry {
    int lost = -1;                            // the code it was lost with
    core::ServiceId root = core::kNoService;  // and who failed by itself
    bool is_tolerated = false;                // and the container lives on
    bool is_self_lost = false;                // while it still ran
    bool is_ended = false;                    // its main process is gone
    bool comes_back = false;                  // and it starts again
    bool is_faulty = false;                   // we ended it because it was overdue, unhealthy, ...
    bool is_excused = false;                  // its end counts for nothing
    bool is_planned = false;                  // it is to restart after its end
    bool gives_up = false;
    bool is_hand_stopped = false;
    int attempts = 0;
};

struct Ledger {
    const core::Spec& spec;
    std::vector<Entry> entries;
    std::optional<int> cause;
    std::optional<std::size_t> cause_from;  // it may still say better how it ends
    std::optional<int> first;
    std::size_t first_from = 0;
    bool is_stopping = false;

    [[nodiscard]] bool is_scheduled(std::size_t id) const {
        return spec.services[id].schedule.kind != core::Schedule::Kind::None;
    }
    void fail(std::size_t id, int code) {
        if (!first) {
            first = code;
            first_from = id;
        }
    }
    void forget(std::size_t id) {
        if (first_from == id) {
            first.reset();
        }
    }
    void stop_because(int code) {
        is_stopping = true;
        cause = code;
    }
    void lose(std::size_t id, int code) {
        entries[id].lost = code;
        entries[id].root = static_cast<core::ServiceId>(id);
        spread();
    }
    /// What is lost takes along what requires it and lives, or would come back.
    void spread() {
        for (bool has_more = true; has_more && !is_stopping;) {
            has_more = false;
            for (std::size_t i = 0; i < entries.size() && !is_stopping; ++i) {
                has_more = spread_to(i) || has_more;
            }
        }
    }
    bool spread_to(std::size_t id) {
        Entry& entry = entries[id];
        if (entry.lost >= 0 || (entry.is_ended && !entry.comes_back) || is_scheduled(id) ||
            entry.is_hand_stopped || (entry.is_faulty && !entry.is_ended)) {
            return false;
        }
        for (const core::ServiceId needed : spec.services[id].requires_) {
            const Entry& other = entries[core::index(needed)];
            if (other.lost < 0) {
                continue;
            }
            entry.lost = other.lost;
            entry.root = other.root;
            entry.is_tolerated = other.is_tolerated;
            entry.comes_back = entry.is_excused = entry.is_planned = false;
            fail(core::index(entry.root), entry.lost);
            if (spec.services[id].is_essential && !entry.is_tolerated) {
                stop_because(entry.lost);
            }
            return true;
        }
        return false;
    }
    /// Whether the run that ends is followed by another, by policy.
    void plan(std::size_t id, bool is_failure, bool is_forced, Duration lived) {
        const core::RestartPolicy& policy = spec.services[id].restart;
        Entry& entry = entries[id];
        const bool is_job = spec.services[id].type == core::ServiceType::Oneshot;
        bool wants = is_forced;
        wants = wants || (policy.when == core::Restart::OnFailure && is_failure);
        wants = wants || (policy.when == core::Restart::Always && (is_failure || !is_job));
        if (!wants || is_stopping || entry.is_excused || entry.is_planned || entry.gives_up) {
            return;
        }
        if (lived >= policy.window) {
            entry.attempts = 0;
        }
        entry.gives_up = policy.max_attempts > 0 && entry.attempts >= policy.max_attempts;
        entry.is_planned = !entry.gives_up;
        entry.attempts += entry.is_planned ? 1 : 0;
    }
    [[nodiscard]] bool ends_container(std::size_t id) const {
        return entries[id].gives_up ? spec.services[id].restart.give_up == core::GiveUp::Exit
                                    : spec.services[id].is_essential;
    }
};

int code_of(const ServiceSpec& spec, int shell_code) {
    return shell_code == 0 ? spec.unexpected_exit_code : shell_code;
}

/// We end a service for a fault of its own.
void fault(Ledger& ledger, const Fact& fact) {
    const std::size_t id = core::index(fact.service);
    const ServiceSpec& spec = ledger.spec.services[id];
    Entry& entry = ledger.entries[id];
    const bool is_health = fact.kind == Fact::Kind::Unhealthy;
    const bool is_exit = is_health && spec.health.action == core::HealthAction::Exit;
    entry.is_faulty = true;
    if (ledger.is_stopping || entry.is_excused || entry.lost >= 0) {
        return;
    }
    const bool is_forced = is_health && spec.health.action == core::HealthAction::Restart;
    if (!is_exit) {
        ledger.plan(id, true, is_forced, fact.lived);
    }
    if (entry.is_planned) {
        return;
    }
    if (is_exit || ledger.ends_container(id)) {
        ledger.stop_because(spec.unexpected_exit_code);
        ledger.cause_from = id;
    } else if (fact.kind != Fact::Kind::Overdue) {
        entry.is_self_lost = true;
        entry.is_tolerated = entry.gives_up;
        ledger.fail(id, spec.unexpected_exit_code);
        ledger.lose(id, spec.unexpected_exit_code);
    }
}

void end(Ledger& ledger, const Fact& fact) {
    const std::size_t id = core::index(fact.service);
    const ServiceSpec& spec = ledger.spec.services[id];
    Entry& entry = ledger.entries[id];
    const int shell = fact.status.shell_code();
    const bool is_job = spec.type == core::ServiceType::Oneshot;
    const bool is_asked = fact.asked != core::Signal::None;
    const bool is_answer = is_asked && shell == 128 + base::raw(fact.asked);
    entry.is_ended = true;
    if (entry.is_excused) {
        return ledger.spread();
    }
    const bool is_ours = is_answer || (fact.was_killed && shell == 137);
    const int fault_code = is_ours ? spec.unexpected_exit_code : code_of(spec, shell);
    if (entry.is_self_lost) {
        ledger.fail(id, fault_code);
        ledger.first = ledger.first_from == id ? fault_code : ledger.first;
        return;
    }
    if (entry.lost >= 0) {
        return;  // counted when it lost what it required
    }
    if (entry.is_faulty) {
        if (entry.is_planned) {
            entry.comes_back = true;
            return ledger.spread();
        }
        ledger.fail(id, fault_code);
        if (ledger.cause_from == id) {
            ledger.cause = fault_code;
        } else if (!ledger.is_stopping && !ledger.is_scheduled(id)) {
            entry.is_tolerated = entry.gives_up;
            ledger.lose(id, fault_code);
        }
        return;
    }
    const auto& good = spec.success_codes;
    bool is_good = is_answer || (!fact.status.was_killed() &&
                                 std::find(good.begin(), good.end(), shell) != good.end());
    is_good = is_good || (is_asked && !fact.was_killed && (is_job || !fact.was_executed));
    is_good = is_good && !fact.start_failed;
    if (!is_asked) {
        ledger.plan(id, !is_good, false, fact.lived);
    }
    if (entry.is_planned) {
        entry.comes_back = true;
        return ledger.spread();
    }
    if (!is_good) {
        ledger.fail(id, code_of(spec, shell));
    }
    if (ledger.is_stopping || is_asked) {
        return;
    }
    const bool ends = ledger.ends_container(id);
    if (ledger.is_scheduled(id)) {
        if (ends && !is_good) {
            ledger.stop_because(code_of(spec, shell));
        }
        entry.attempts = 0;
    } else if (ends && is_good && is_job) {
        ledger.is_stopping = true;
    } else if (ends) {
        ledger.stop_because(code_of(spec, shell));
    } else if (!is_good || !is_job) {
        entry.is_tolerated = entry.gives_up;
        ledger.lose(id, code_of(spec, shell));
    }
}

/// Somebody wants it up or down, so how this run ends does not matter.
void wish(Ledger& ledger, const Fact& fact) {
    Entry& entry = ledger.entries[core::index(fact.service)];
    const bool is_job_of_date = ledger.is_scheduled(core::index(fact.service));
    entry.is_excused = true;
    entry.is_planned = false;
    if (fact.kind == Fact::Kind::Recalled) {
        entry.comes_back = !is_job_of_date;
        entry.attempts = is_job_of_date ? 0 : entry.attempts;
        return ledger.spread();
    }
    const bool is_up_wanted = fact.kind == Fact::Kind::Revived;
    if (is_up_wanted) {
        ledger.forget(core::index(fact.service));
        entry.is_tolerated = false;
    }
    entry.lost = -1;
    entry.is_self_lost = false;
    entry.is_hand_stopped = !is_up_wanted;
    entry.comes_back = is_up_wanted;  // what it requires is revived too, before anything is lost
}

}  // namespace

int expected_exit_code(const core::Spec& spec, std::span<const Fact> facts) {
    const std::size_t count = spec.services.size();
    Ledger ledger{spec, std::vector<Entry>(count), {}, {}, {}, 0, false};
    if (spec.mode == core::Mode::Command) {
        const Fact& last = *std::find_if(facts.begin(), facts.end(), [](const Fact& fact) {
            return fact.kind == Fact::Kind::Ended || fact.kind == Fact::Kind::ForkFailed;
        });
        const int code =
            last.kind == Fact::Kind::ForkFailed ? base::kExitSystem : last.status.shell_code();
        const auto& remap = spec.command.remap;
        return !remap.empty() && remap[0].first == code ? remap[0].second : code;
    }
    for (const Fact& fact : facts) {
        Entry* entry =
            fact.service == core::kNoService ? nullptr : &ledger.entries[core::index(fact.service)];
        switch (fact.kind) {
        case Fact::Kind::Booted:
            for (std::size_t i = 0; i < count; ++i) {
                ledger.entries[i].is_ended = !spec.services[i].is_enabled;
            }
            for (std::size_t i = 0; i < count && !ledger.is_stopping; ++i) {
                if (ledger.entries[i].is_ended) {
                    ledger.lose(i, base::kExitConfig);
                }
            }
            break;
        case Fact::Kind::Started:
            *entry = Entry{.attempts = entry->attempts};
            break;
        case Fact::Kind::ForkFailed: {
            Fact ended = fact;
            ended.status = core::ExitStatus::exited(base::kExitSystem);
            ended.start_failed = true;
            end(ledger, ended);
            break;
        }
        case Fact::Kind::Overdue:
        case Fact::Kind::Unhealthy:
        case Fact::Kind::WatchdogMissed:
            fault(ledger, fact);
            break;
        case Fact::Kind::Asked:
            entry->attempts = 0;
            break;
        case Fact::Kind::Revived:
        case Fact::Kind::HandStopped:
        case Fact::Kind::Recalled:
            wish(ledger, fact);
            break;
        case Fact::Kind::StopSignal:
            if (!ledger.is_stopping) {
                ledger.first.reset();  // what was over before is not how the stop went
            }
            ledger.is_stopping = true;
            break;
        case Fact::Kind::Ended:
            end(ledger, fact);
            break;
        }
    }
    return ledger.cause.value_or(ledger.first.value_or(0));
}

}  // namespace sim
