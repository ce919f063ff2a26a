// SPDX-License-Identifier: MIT
#include "cli/client_output.hpp"
#include "cli/client_session.hpp"
#include "cli/commands.hpp"
#include "cli/outcome.hpp"
#include "cli/status_view.hpp"
#include "log/log.hpp"
#include "sys/tree_usage.hpp"

namespace cli {
namespace {

using control::ServiceReply;
using Status = control::Client::Status;

std::string end_text(const ServiceReply& service, base::Duration uptime,
                     const std::string& indent) {
    const auto failure = failure_text(service, uptime);
    return failure.empty() ? failure : indent + "  last end: " + printable(failure) + "\n";
}

/// The service, then whom it waits for or failed with, then whom that one waits for.
std::string chain_text(const Status& status, const ServiceReply& first) {
    std::string out;
    std::string indent;
    const auto* service = &first;
    for (std::size_t i = 0; service != nullptr && i < status.services.size(); ++i) {
        out += indent + printable(service->name.view()) + ": " + printable(service->state.view()) +
               " for " + base::to_string(service->since);
        const auto hold = hold_text(*service);
        out += (hold.empty() ? "" : ", " + printable(hold)) + "\n";
        // Why the first one ended is told below.
        if (service->state.view() == core::to_string(core::State::Failed) && service != &first) {
            out += end_text(*service, status.container.uptime, indent);
        }
        indent += "  ";
        service = service->held_by.is_empty() ? nullptr : status.find(service->held_by.view());
    }
    return out;
}

std::string history_text(const ServiceReply& service, base::Duration uptime) {
    auto out = end_text(service, uptime, {});
    if (service.attempt > 0) {
        out += "  restarts in a row: " + std::to_string(service.attempt) +
               (service.limit == 0 ? "" : " of " + std::to_string(service.limit)) + "\n";
    }
    if (!service.status_text.is_empty()) {
        out += "  it says: " + printable(service.status_text.view()) + "\n";
    }
    return out;
}

std::string processes_text(const ServiceReply& service) {
    std::string out;
    for (const auto& process : sys::tree_processes({service.pid, service.name.view()})) {
        out +=
            logging::format("  process {} {}, {} old{}\n", raw(process.pid),
                            printable(process.name()), base::to_string(sys::age_of(process)).view(),
                            process.pid == service.pid ? " (main)" : "");
    }
    return out;
}

}  // namespace

int run_why(std::span<const std::string> args) {
    const auto look = look_at_services("why", args);
    if (!look.status) {
        return look.session.exit_code;
    }
    std::string out;
    for (const auto index : look.chosen) {
        const auto& service = look.status->services[index];
        out += chain_text(*look.status, service) +
               history_text(service, look.status->container.uptime);
        if (core::is_live(state_of(service))) {
            out += processes_text(service);
        }
    }
    return print(out);
}

}  // namespace cli
