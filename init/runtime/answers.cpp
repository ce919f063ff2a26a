// SPDX-License-Identifier: MIT
#include "runtime/runtime.hpp"

namespace runtime {
namespace {

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

}  // namespace

void Runtime::on_control() {
    const auto client = control_->accept();
    if (!client) {
        return;
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
    if (control_->on_readable(slot, snapshot(), now_) == control::Server::Fate::Close) {
        loop_.remove(clients_[slot]);
        control_->close(slot);
    }
}

control::Snapshot Runtime::snapshot() {
    for (std::size_t i = 0; i < views_.size(); ++i) {
        const core::ServiceId id{static_cast<std::uint16_t>(i)};
        const auto& service = supervisor_.service(id);
        views_[i] = {.name = spec(id).name,
                     .state = core::to_string(service.state),
                     .health = translate(supervisor_.health(id)),
                     .pid = service.pid,
                     .since = service.since,
                     .spawned_at = service.spawned_at,
                     .ready_at = service.ready_at,
                     .restarts = 0,
                     .last_exit = service.last_exit,
                     .status_text = processes_[i].status_text.view()};
    }
    return {.container = {.health = translate(supervisor_.health()),
                          .mode = spec_.mode == core::Mode::Command ? control::Mode::Command
                                                                    : control::Mode::Service,
                          .version = PIDONE_VERSION,
                          .started_at = started_at_},
            .services = views_};
}

}  // namespace runtime
