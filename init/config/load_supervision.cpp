// SPDX-License-Identifier: MIT
#include <algorithm>

#include "config/draft.hpp"

namespace config {
namespace {

using core::HealthCheck;
using core::RestartPolicy;

constexpr std::array<Handler<RestartPolicy>, 6> kPolicy{{
    {"delay", [](Reader& r, const Entry& e,
                 RestartPolicy& p) { put(p.delay, r.duration(e, Scope::Restart)); }},
    {"max-delay", [](Reader& r, const Entry& e,
                     RestartPolicy& p) { put(p.max_delay, r.duration(e, Scope::Restart)); }},
    {"jitter",
     [](Reader& r, const Entry& e, RestartPolicy& p) { put(p.jitter_permille, r.permille(e)); }},
    {"window", [](Reader& r, const Entry& e,
                  RestartPolicy& p) { put(p.window, r.duration(e, Scope::Restart)); }},
    {"max-attempts", [](Reader& r, const Entry& e,
                        RestartPolicy& p) { put(p.max_attempts, r.number(e, Scope::Restart)); }},
    {"give-up",
     [](Reader& r, const Entry& e, RestartPolicy& p) {
         p.give_up =
             r.choice(e, Scope::Restart) == "stop" ? core::GiveUp::Stop : core::GiveUp::Exit;
     }},
}};
static_assert(covers(kPolicy, Scope::Restart));

constexpr std::array<Handler<HealthCheck>, 1> kProbe{{
    {"exec",
     [](Reader& r, const Entry& e, HealthCheck& health) { put(health.command, r.command(e)); }},
}};
static_assert(covers(kProbe, Scope::HealthProbe));

void read_probe(Reader& reader, const Entry& entry, HealthCheck& health) {
    if (entry.value.kind == Value::Kind::Table) {
        health.kind = HealthCheck::Kind::Command;
        read_keys(reader, Scope::HealthProbe, entry.value, kProbe, health);
        check_complete(reader, entry.value, Scope::HealthProbe);
        return;
    }
    if (entry.value.kind != Value::Kind::String) {
        reader.wrong_type(entry, Type::Probe);
        return;
    }
    health.kind = HealthCheck::Kind::Probe;
    if (const auto url = reader.text(entry)) {
        read_endpoint(reader, entry, entry.value, *url, health.endpoint);
    }
}

void read_action(Reader& reader, const Entry& entry, HealthCheck& health) {
    const auto word = reader.choice(entry, Scope::Health);
    health.action = word == "restart" ? core::HealthAction::Restart
                    : word == "exit"  ? core::HealthAction::Exit
                                      : core::HealthAction::None;
}

constexpr std::array<Handler<HealthCheck>, 6> kHealth{{
    {"probe", read_probe},
    {"interval", [](Reader& r, const Entry& e,
                    HealthCheck& h) { put(h.interval, r.duration(e, Scope::Health)); }},
    {"timeout", [](Reader& r, const Entry& e,
                   HealthCheck& h) { put(h.timeout, r.duration(e, Scope::Health)); }},
    {"retries",
     [](Reader& r, const Entry& e, HealthCheck& h) { put(h.retries, r.number(e, Scope::Health)); }},
    {"start-period", [](Reader& r, const Entry& e,
                        HealthCheck& h) { put(h.start_period, r.duration(e, Scope::Health)); }},
    {"action", read_action},
}};
static_assert(covers(kHealth, Scope::Health));

/// An override may lower `restart` alone, so a policy without effect is no error.
void check_policy(Reader& reader, const Entry& policy, ServiceDraft& draft) {
    auto& restart = draft.spec.restart;
    if (restart.max_delay < restart.delay) {
        const auto* limit = find_entry(policy.value, "max-delay");
        if (limit != nullptr) {
            reader.error(limit->value.pos, "'max-delay' is below 'delay'");
        }
        restart.max_delay = restart.delay;
    }
    if (restart.when == core::Restart::No && !draft.spec.watchdog &&
        draft.spec.health.action != core::HealthAction::Restart) {
        reader.warning(policy.key_pos, "[restart-policy] has no effect, 'restart' is \"no\"",
                       "restart = \"on-failure\" makes use of it");
    }
}

/// A oneshot is done when it ends, so there is nobody to look at and nothing to bring back.
void check_oneshot(Reader& reader, const Value& table, const core::ServiceSpec& spec) {
    if (spec.restart.when == core::Restart::Always) {
        reader.error(place_of(table, "restart"),
                     "restart = \"always\" goes with type \"service\" only",
                     "'schedule' runs a oneshot again and again");
    }
    for (const std::string_view key : {"health", "watchdog"}) {
        if (const auto* entry = find_entry(table, key)) {
            reader.error(entry->key_pos, quoted(key) + " goes with type \"service\" only",
                         "a oneshot is judged by its exit code");
        }
    }
}

}  // namespace

void read_restart(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    const auto word = reader.choice(entry, Scope::Service);
    draft.spec.restart.when = word == "always"       ? core::Restart::Always
                              : word == "on-failure" ? core::Restart::OnFailure
                                                     : core::Restart::No;
}

void read_restart_policy(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    if (entry.value.kind != Value::Kind::Table) {
        reader.wrong_type(entry, Type::Table);
        return;
    }
    read_keys(reader, Scope::Restart, entry.value, kPolicy, draft.spec.restart);
}

void read_health(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    if (entry.value.kind != Value::Kind::Table) {
        reader.wrong_type(entry, Type::Table);
        return;
    }
    read_keys(reader, Scope::Health, entry.value, kHealth, draft.spec.health);
    draft.origin.health = place_of(entry.value, "probe");
    check_complete(reader, entry.value, Scope::Health);
}

void check_supervision(Reader& reader, const Value& table, ServiceDraft& draft) {
    const auto* policy = find_entry(table, "restart-policy");
    if (policy == nullptr || find_entry(policy->value, "give-up") == nullptr) {
        draft.spec.restart.give_up =
            draft.spec.is_essential ? core::GiveUp::Exit : core::GiveUp::Stop;
    }
    if (policy != nullptr) {
        check_policy(reader, *policy, draft);
    }
    if (draft.spec.type == core::ServiceType::Oneshot) {
        check_oneshot(reader, table, draft.spec);
    }
}

}  // namespace config
