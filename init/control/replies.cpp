// SPDX-License-Identifier: MIT
#include "control/replies.hpp"

#include <algorithm>

#include "base/words.hpp"

namespace control {
namespace {

/// Which of two states decides about both.
constexpr int weight(Health health) {
    switch (health) {
    case Health::Healthy:
        return 0;
    case Health::Starting:
        return 1;
    case Health::Unhealthy:
        return 2;
    case Health::Stopping:
        return 3;
    }
    return 3;
}

Health health_of(const Subject& subject, const Snapshot& snapshot) {
    if (snapshot.container.mode == Mode::Command) {
        return Health::Healthy;
    }
    if (subject.count == 0) {
        return snapshot.container.health;
    }
    auto health = Health::Healthy;
    for (std::size_t i = 0; i < snapshot.services.size(); ++i) {
        if (subject.covers(i, snapshot.services)) {
            health = worse(health, snapshot.services[i].health);
        }
    }
    return health;
}

/// The first of the asked services that is in the state `health`, so that a person sees whom to
/// look at; none when all is well.
const ServiceView* culprit(const Subject& subject, Health health, const Snapshot& snapshot) {
    if (health == Health::Healthy) {
        return nullptr;
    }
    for (std::size_t i = 0; i < snapshot.services.size(); ++i) {
        const bool is_asked = subject.count == 0 || subject.covers(i, snapshot.services);
        if (is_asked && snapshot.services[i].health == health) {
            return &snapshot.services[i];
        }
    }
    return nullptr;
}

base::Duration elapsed(base::Instant from, base::Instant to) {
    return std::max(to - from, base::Duration{0});
}

std::optional<base::Duration> moment(const std::optional<base::Instant>& when, base::Instant from) {
    return when ? std::optional{elapsed(from, *when)} : std::nullopt;
}

}  // namespace

bool Subject::Entry::covers(std::size_t index, std::span<const ServiceView> services) const {
    return service == index || (means_instances && base::stem_of(services[index].name) ==
                                                       base::stem_of(services[service].name));
}

bool Subject::covers(std::size_t index, std::span<const ServiceView> services) const {
    return std::any_of(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count),
                       [&](const Entry& entry) { return entry.covers(index, services); });
}

base::Result<Subject, Name> resolve(const Request& request, std::span<const ServiceView> services) {
    Subject subject;
    for (const auto& name : std::span{request.names}.first(request.name_count)) {
        const auto by = [&](auto text_of) {
            return std::find_if(services.begin(), services.end(), [&](const ServiceView& service) {
                return Name{text_of(service.name)} == name;
            });
        };
        auto found = by([](std::string_view text) { return text; });
        const bool means_instances = found == services.end() && !name.is_empty();
        if (means_instances) {
            found = by(base::stem_of);
        }
        if (found == services.end()) {
            return base::unexpected{name};
        }
        subject.entries[subject.count++] = {static_cast<std::uint32_t>(found - services.begin()),
                                            means_instances};
    }
    return subject;
}

Health worse(Health left, Health right) {
    return weight(left) < weight(right) ? right : left;
}

HealthReply health_reply(const Subject& subject, const Snapshot& snapshot) {
    HealthReply reply;
    reply.health = health_of(subject, snapshot);
    reply.mode = snapshot.container.mode;
    if (const auto* service = culprit(subject, reply.health, snapshot); service != nullptr) {
        reply.service = Name{service->name};
        reply.state = Word{service->state};
    }
    return reply;
}

ServiceReply service_reply(const ServiceView& service, base::Instant started_at,
                           base::Instant now) {
    ServiceReply reply;
    const ServiceFacts& facts = service;
    static_cast<ServiceFacts&>(reply) = facts;
    reply.name = Name{service.name};
    reply.state = Word{service.state};
    reply.since = elapsed(service.since, now);
    reply.spawned = moment(service.spawned_at, started_at);
    reply.executed = moment(service.executed_at, started_at);
    reply.ready = moment(service.ready_at, started_at);
    reply.deadline = moment(service.deadline, now);
    reply.next_run = moment(service.next_run, now);
    reply.held_by = Name{service.held_by};
    reply.behind = Name{service.behind};
    reply.status_text = Line{service.status_text};
    reply.step = Line{service.step};
    reply.failure = Line{service.failure};
    return reply;
}

StatusReply status_reply(std::uint32_t first, const Snapshot& snapshot, base::Instant now) {
    const auto& container = snapshot.container;
    StatusReply reply;
    reply.health = container.health;
    reply.mode = container.mode;
    reply.version = Word{container.version};
    reply.uptime = elapsed(container.started_at, now);
    reply.total = static_cast<std::uint32_t>(snapshot.services.size());
    reply.first = std::min(first, reply.total);
    reply.count = std::min(kPageSize, reply.total - reply.first);
    reply.generation = container.generation;
    reply.reaped = container.reaped;
    reply.forwarded = container.forwarded;
    return reply;
}

}  // namespace control
