// SPDX-License-Identifier: MIT
#include <algorithm>

#include "runtime/runtime.hpp"

namespace runtime {

using core::ServiceId;
using core::State;

namespace {

ServiceId id_of(std::size_t index) {
    return static_cast<ServiceId>(index);
}

control::Health translate(core::Health health) {
    switch (health) {
    case core::Health::Starting:
        return control::Health::Starting;
    case core::Health::Healthy:
        return control::Health::Healthy;
    case core::Health::Unhealthy:
        return control::Health::Unhealthy;
    case core::Health::Stopping:
        return control::Health::Stopping;
    }
    return control::Health::Unhealthy;
}

static_assert(static_cast<int>(core::Hold::Kind::LostRequirement) ==
              static_cast<int>(control::Hold::LostRequirement));

/// What a client that waits for news wants to hear of. Texts are counted where they change.
bool differs(const control::ServiceView& a, const control::ServiceView& b) {
    return a.state != b.state || a.since != b.since || a.pid != b.pid || a.health != b.health ||
           a.hold != b.hold || a.held_by != b.held_by || a.deadline != b.deadline ||
           a.restarts != b.restarts || a.executed_at != b.executed_at || a.next_run != b.next_run;
}

}  // namespace

void Runtime::on_control() {
    const auto client = control_->accept();
    if (!client) {
        return;
    }
    if (client->took_place) {
        loop_.remove(clients_[client->slot]);
    }
    const auto token = loop_.add(client->fd, static_cast<std::uint32_t>(Source::Client),
                                 static_cast<std::uint32_t>(client->slot));
    if (!token) {
        control_->close(client->slot);
        return;
    }
    clients_[client->slot] = *token;
}

void Runtime::on_client(std::size_t slot) {
    auto fate = control_->on_readable(slot, snapshot(), now_);
    if (fate == control::Server::Fate::Reload) {
        fate = on_reload_request(slot);
    }
    if (fate == control::Server::Fate::Decide) {
        fate = control_->answer(slot, decide(control_->wish(slot)));
    }
    if (fate == control::Server::Fate::Close) {
        loop_.remove(clients_[slot]);
        control_->close(slot);
    }
}

// Of those that had to be ready before `id`, the one that was last: the chain of the start.
std::string_view Runtime::behind_of(ServiceId id) const {
    std::string_view last;
    core::Instant latest{};
    for (const auto* list : {&spec(id).requires_, &spec(id).after}) {
        for (const auto other : *list) {
            const auto& before = supervisor_.service(other);
            const auto ready =
                before.state == State::Done ? before.since : before.ready_at.value_or(latest);
            if (ready > latest && ready <= supervisor_.service(id).spawned_at) {
                latest = ready;
                last = spec(other).name;
            }
        }
    }
    return last;
}

control::ServiceView Runtime::view_of(ServiceId id) const {
    const auto& service = supervisor_.service(id);
    const auto& process = processes_[core::index(id)];
    control::ServiceView view;
    view.name = spec(id).name;
    view.state = core::to_string(service.state);
    view.health = translate(supervisor_.health(id));
    view.is_essential = spec(id).is_essential;
    view.is_oneshot = spec(id).type == core::ServiceType::Oneshot;
    view.proves_ready = spec(id).ready.kind != core::Readiness::Kind::Exec;
    view.ended_well = supervisor_.ended_well(id);
    view.gave_up = supervisor_.has_given_up(id);
    view.pid = service.pid;
    view.since = service.since;
    if (service.spawned_at != core::Instant{}) {
        view.spawned_at = service.spawned_at;
        view.executed_at = process.progress.executed_at;
        // A oneshot is ready when it is done.
        view.ready_at =
            service.state == State::Done && view.is_oneshot ? service.since : service.ready_at;
    }
    view.restarts = service.restarts;
    view.last_exit = service.last_exit;
    const auto hold = supervisor_.hold(id);
    view.hold = static_cast<control::Hold>(hold.kind);
    if (hold.other != core::kNoService) {
        view.held_by = spec(hold.other).name;
    }
    if (hold.kind == core::Hold::Kind::Schedule) {
        view.next_run = hold.until ? hold.until : scheduler_.next_run(id);
    } else {
        view.deadline = hold.until;
    }
    view.attempt = static_cast<std::uint32_t>(service.attempt);
    view.limit = static_cast<std::uint32_t>(spec(id).restart.max_attempts);
    if (const auto* counters = log_pump_.counters(id); counters != nullptr) {
        view.log_lines = counters->lines;
        view.log_bytes = counters->bytes;
        view.log_drops = counters->dropped;
    }
    view.behind = behind_of(id);
    view.status_text = process.status_text.view();
    view.step = process.progress.step.view();
    view.failure = process.progress.failure.view();
    return view;
}

// Compared with what was seen last, so that nothing has to be counted while nobody looks.
control::Snapshot Runtime::snapshot() {
    bool has_news = false;
    for (std::size_t i = 0; i < views_.size(); ++i) {
        const auto view = view_of(id_of(i));
        has_news = has_news || differs(view, views_[i]);
        views_[i] = view;
    }
    generation_ += has_news ? 1 : 0;
    return {.container = {.health = translate(supervisor_.health()),
                          .mode = spec_.mode == core::Mode::Command ? control::Mode::Command
                                                                    : control::Mode::Service,
                          .version = PIDONE_VERSION,
                          .started_at = started_at_,
                          .generation = generation_,
                          .reaped = reaped_,
                          .forwarded = forwarded_},
            .services = views_};
}

}  // namespace runtime
