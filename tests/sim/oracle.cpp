// SPDX-License-Identifier: MIT
#include "oracle.hpp"

#include <algorithm>

namespace sim {

namespace {

using core::ServiceSpec;

struct Ledger {
    const core::Spec& spec;
    std::vector<int> lost;       // per service: the code it was lost with, or -1
    std::vector<bool> is_ended;  // its main process is gone
    std::vector<bool> is_overdue;
    std::optional<int> cause;
    std::optional<int> first;
    bool is_stopping = false;

    void fail(int code) { first = first.value_or(code); }
    void stop_because(int code) {
        is_stopping = true;
        cause = code;
    }
    /// `id` is gone for those that require it.
    void lose(std::size_t id, int code) {
        lost[id] = code;
        for (bool has_more = true; has_more && !is_stopping;) {
            has_more = false;
            for (std::size_t i = 0; i < lost.size() && !is_stopping; ++i) {
                for (const core::ServiceId needed : spec.services[i].requires_) {
                    const int why = lost[core::index(needed)];
                    if (why < 0 || lost[i] >= 0 || is_ended[i] || is_overdue[i]) {
                        continue;
                    }
                    lost[i] = why;
                    fail(why);
                    has_more = true;
                    if (spec.services[i].is_essential) {
                        stop_because(why);
                    }
                }
            }
        }
    }
};

int code_of(const ServiceSpec& spec, int shell_code) {
    return shell_code == 0 ? spec.unexpected_exit_code : shell_code;
}

void end(Ledger& ledger, const Fact& fact) {
    const std::size_t id = core::index(fact.service);
    const ServiceSpec& spec = ledger.spec.services[id];
    const int shell = fact.status.shell_code();
    const bool is_job = spec.type == core::ServiceType::Oneshot;
    const bool is_asked = fact.asked != core::Signal::None;
    const bool is_answer = is_asked && shell == 128 + base::raw(fact.asked);
    ledger.is_ended[id] = true;
    if (ledger.lost[id] >= 0) {
        return;  // counted when it lost what it required
    }
    if (ledger.is_overdue[id]) {
        const bool is_ours = is_answer || (fact.was_killed && shell == 137);
        const int code = is_ours ? spec.unexpected_exit_code : code_of(spec, shell);
        ledger.fail(code);
        if (ledger.cause == -1 - static_cast<int>(id)) {
            ledger.cause = code;
        } else if (!ledger.is_stopping) {
            ledger.lose(id, code);
        }
        return;
    }
    const auto& good = spec.success_codes;
    bool is_good = is_answer || (!fact.status.was_killed() &&
                                 std::find(good.begin(), good.end(), shell) != good.end());
    is_good = is_good || (is_asked && !fact.was_killed && (is_job || !fact.was_executed));
    is_good = is_good && !fact.start_failed;
    if (!is_good) {
        ledger.fail(code_of(spec, shell));
    }
    if (ledger.is_stopping || is_asked) {
        return;
    }
    if (spec.is_essential && is_good && is_job) {
        ledger.is_stopping = true;
    } else if (spec.is_essential) {
        ledger.stop_because(code_of(spec, shell));
    } else if (!is_good || !is_job) {
        ledger.lose(id, code_of(spec, shell));
    }
}

}  // namespace

int expected_exit_code(const core::Spec& spec, std::span<const Fact> facts) {
    const std::size_t count = spec.services.size();
    Ledger ledger{spec,
                  std::vector<int>(count, -1),
                  std::vector<bool>(count),
                  std::vector<bool>(count),
                  {},
                  {},
                  false};
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
        switch (fact.kind) {
        case Fact::Kind::Booted:
            for (std::size_t i = 0; i < count; ++i) {
                if (!spec.services[i].is_enabled) {
                    ledger.is_ended[i] = true;
                }
            }
            for (std::size_t i = 0; i < count && !ledger.is_stopping; ++i) {
                if (ledger.is_ended[i]) {
                    ledger.lose(i, base::kExitConfig);
                }
            }
            break;
        case Fact::Kind::ForkFailed: {
            Fact ended = fact;
            ended.status = core::ExitStatus::exited(base::kExitSystem);
            ended.start_failed = true;
            end(ledger, ended);
            break;
        }
        case Fact::Kind::Overdue:
            ledger.is_overdue[core::index(fact.service)] = true;
            if (!ledger.is_stopping && spec.services[core::index(fact.service)].is_essential) {
                ledger.stop_because(-1 - static_cast<int>(core::index(fact.service)));
            }
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
