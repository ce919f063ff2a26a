// SPDX-License-Identifier: MIT
#include "runtime/reload_plan.hpp"

#include <algorithm>

#include "config/spec_image.hpp"
#include "control/server.hpp"

namespace runtime {
namespace {

// What a service may hold (status pipe with both ends, readiness pipe, notification) and what
// pidone itself needs besides: the standard three, loop, signals, log, memory counter, control
// socket, its clients, a directory being looked through, a reload's image, and a pipe that begins.
constexpr std::uint64_t kPerService = 5;
// Two pipes to the log pump, both ends.
constexpr std::uint64_t kPerPumpedService = 4;
constexpr std::uint64_t kOwnDescriptors = 13 + control::Server::kSlots;

void add_name(std::string& list, const std::string& name) {
    list += (list.empty() ? "" : ", ") + name;
}

void add_part(std::string& text, const std::string& names, std::string_view what) {
    if (!names.empty()) {
        text += (text.empty() ? "" : ", ") + names + std::string{what};
    }
}

std::string changed_settings(const core::Spec& present, const core::Spec& next) {
    std::string keys;
    const auto compare = [&](bool is_same, const char* key) {
        if (!is_same) {
            add_name(keys, key);
        }
    };
    compare(present.shutdown_timeout == next.shutdown_timeout, "shutdown-timeout");
    compare(present.linger == next.linger, "linger");
    compare(present.log_format == next.log_format, "log-format");
    compare(present.reloads_on_hup == next.reloads_on_hup, "reload-on-hup");
    return keys;
}

core::ServiceId find(const core::Spec& spec, const std::string& name) {
    const auto found = std::ranges::find(spec.services, name, &core::ServiceSpec::name);
    return found == spec.services.end() ? core::kNoService
                                        : core::ServiceId(found - spec.services.begin());
}

// All that a run depends on; nothing in PID 1 asks for the description.
std::string image_of(core::ServiceSpec service, const core::Spec& spec) {
    service.description.clear();
    return config::to_image(service, spec);
}

}  // namespace

ReloadPlan plan_reload(const core::Spec& present, const core::Spec& next) {
    ReloadPlan plan;
    plan.settings = changed_settings(present, next);
    for (const auto& service : next.services) {
        const auto was = find(present, service.name);
        const bool is_new = was == core::kNoService;
        const bool is_same = !is_new && image_of(service, next) ==
                                            image_of(present.services[core::index(was)], present);
        plan.from.push_back({was, is_same});
        if (is_same) {
            ++plan.unchanged;
            continue;
        }
        add_name(is_new ? plan.added : plan.changed, service.name);
        if (!is_new) {
            plan.replaced.push_back(was);
        }
    }
    for (std::size_t i = 0; i < present.services.size(); ++i) {
        if (find(next, present.services[i].name) == core::kNoService) {
            add_name(plan.gone, present.services[i].name);
            plan.replaced.push_back(core::ServiceId(i));
        }
    }
    return plan;
}

std::string ReloadPlan::summary() const {
    std::string text;
    add_part(text, changed, " changed");
    add_part(text, added, " new");
    add_part(text, gone, " gone");
    add_part(text, settings, " set");
    return (text.empty() ? "nothing changed" : text) + "; " + std::to_string(unchanged) +
           " unchanged";
}

std::uint64_t descriptors_for(const core::Spec& spec) {
    auto needed = kOwnDescriptors + kPerService * spec.services.size();
    for (const auto& service : spec.services) {
        needed += service.listen.size();
        needed += service.log.mode == core::LogMode::Inherit ? 0 : kPerPumpedService;
    }
    return needed;
}

// Status, readiness, notification of each service, the signals, the schedules, the control socket
// and its clients.
std::size_t slots_for(const core::Spec& spec) {
    return spec.services.size() * 3 + 3 + control::Server::kSlots;
}

bool has_notify_socket(const core::ServiceSpec& service) {
    return service.ready.kind == core::Readiness::Kind::Notify || service.watchdog.has_value();
}

}  // namespace runtime
