// SPDX-License-Identifier: MIT
#include "cli/status_view.hpp"

#include <algorithm>
#include <optional>

#include "base/utf8.hpp"
#include "cli/outcome.hpp"
#include "log/log.hpp"

namespace cli {
namespace {

std::string json_seconds(base::Duration duration) {
    const auto count = duration.count();
    return logging::format("{}.{:03}", count / 1000, count % 1000);
}

std::string json_optional(const std::optional<base::Duration>& duration) {
    return duration ? json_seconds(*duration) : std::string{"null"};
}

std::string json_ending(const std::optional<base::ExitStatus>& status) {
    if (!status) {
        return "null";
    }
    if (status->was_killed()) {
        return logging::format(R"({{"signal":{},"core":{}}})",
                               json_string(base::to_string(status->signal()).view()),
                               status->dumped_core());
    }
    return logging::format(R"({{"code":{}}})", status->code());
}

std::string json_usage(const Usage& usage) {
    if (!usage.is_known) {
        return R"("memory":null,"cpu":null,"cpu_percent":null)";
    }
    const auto percent = usage.permille
                             ? logging::format("{}.{}", *usage.permille / 10, *usage.permille % 10)
                             : std::string{"null"};
    return logging::format(R"("memory":{},"cpu":{},"cpu_percent":{})", usage.bytes,
                           json_seconds(usage.cpu), percent);
}

std::string json_service(const control::ServiceReply& service, const Usage& usage) {
    const bool is_alive = service.pid != base::Pid::None;
    const auto hold = hold_text(service);
    return logging::format(R"({{"name":{},"state":{},"health":"{}","pid":{},"since":{},"ready":{},)"
                           R"("restarts":{},"attempt":{},"limit":{},"last_exit":{},"failure":{},)",
                           json_string(service.name.view()), json_string(service.state.view()),
                           control::to_string(service.health),
                           is_alive ? std::to_string(raw(service.pid)) : std::string{"null"},
                           json_seconds(service.since), json_optional(ready_after(service)),
                           service.restarts, service.attempt, service.limit,
                           json_ending(service.last_exit),
                           service.failure.is_empty() ? std::string{"null"}
                                                      : json_string(service.failure.view())) +
           logging::format(
               R"("hold":{},"held_by":{},"deadline":{},"next_run":{},"spawned":{},"executed":{},)"
               R"("essential":{},"oneshot":{},"log_lines":{},"log_bytes":{},"log_drops":{},)",
               hold.empty() ? std::string{"null"} : json_string(hold),
               service.held_by.is_empty() ? std::string{"null"}
                                          : json_string(service.held_by.view()),
               json_optional(service.deadline), json_optional(service.next_run),
               json_optional(service.spawned), json_optional(service.executed),
               service.is_essential, service.is_oneshot, service.log_lines, service.log_bytes,
               service.log_drops) +
           json_usage(usage) + ",\"status_text\":" + json_string(service.status_text.view()) + "}";
}

}  // namespace

std::string_view mode_text(control::Mode mode) {
    return mode == control::Mode::Command ? "command" : "service";
}

std::string health_line(const control::HealthReply& reply) {
    std::string line{control::to_string(reply.health)};
    if (reply.mode == control::Mode::Command) {
        return line + " (command mode)";
    }
    if (!reply.service.is_empty()) {
        line += ": " + printable(reply.service.view()) + " (" + printable(reply.state.view()) + ")";
    }
    return line;
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto size = base::character_length(text);
        const auto piece = text.substr(0, std::max<std::size_t>(size, 1));
        out += size == 0 || base::is_control(piece) ? "?" : piece;
        text.remove_prefix(piece.size());
    }
    return out;
}

std::string status_json(const control::Client::Status& status, std::span<const Usage> usages) {
    const auto& container = status.container;
    std::string out = logging::format(
        R"({{"version":{},"mode":"{}","health":"{}","uptime":{},"reaped":{},"forwarded":{},)"
        R"("services":[)",
        json_string(container.version.view()), mode_text(container.mode),
        control::to_string(container.health), json_seconds(container.uptime), container.reaped,
        container.forwarded);
    for (std::size_t i = 0; i < status.services.size(); ++i) {
        out += (i == 0 ? "" : ",") +
               json_service(status.services[i], i < usages.size() ? usages[i] : Usage{});
    }
    return out + "]}\n";
}

std::string json_string(std::string_view text) {
    std::string out{'"'};
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        const auto size = base::character_length(text);
        if (size == 0) {
            out += "\xef\xbf\xbd";
        } else if (byte == '"' || byte == '\\') {
            out += {'\\', text.front()};
        } else if (byte < 0x20 || byte == 0x7f) {
            out += logging::format("\\u{:04x}", byte);
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out + '"';
}

}  // namespace cli
