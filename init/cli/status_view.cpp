// SPDX-License-Identifier: MIT
#include "cli/status_view.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "log/log.hpp"

namespace cli {
namespace {

constexpr std::size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;

/// A terminal must not obey what a service calls its status.
std::string printable(std::string_view text) {
    std::string out{text};
    std::replace_if(
        out.begin(), out.end(),
        [](char letter) {
            const auto byte = static_cast<unsigned char>(letter);
            return byte < 0x20 || byte == 0x7f;
        },
        '?');
    return out;
}

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

std::string duration_text(std::optional<base::Duration> duration) {
    return duration ? std::string{base::to_string(*duration)} : "-";
}

std::optional<base::Duration> ready_after(const control::ServiceReply& service) {
    return service.spawned && service.ready ? std::optional{*service.ready - *service.spawned}
                                            : std::nullopt;
}

Row row_of(const control::ServiceReply& service) {
    const bool is_alive = service.pid != base::Pid::None;
    return {printable(service.name.view()),
            printable(service.state.view()),
            is_alive ? std::to_string(raw(service.pid)) : "-",
            duration_text(service.since),
            duration_text(ready_after(service)),
            service.last_exit ? std::string{base::to_string(*service.last_exit)} : "-",
            or_dash(printable(service.status_text.view()))};
}

/// The length of the sequence at `text`'s start when it is valid UTF-8 (RFC 3629), else 0.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    const std::size_t size = lead < 0x80                    ? 1
                             : lead >= 0xc2 && lead <= 0xdf ? 2
                             : lead >= 0xe0 && lead <= 0xef ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
    if (size == 0 || text.size() < size) {
        return 0;
    }
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) {
            return 0;
        }
    }
    // Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
    const bool is_bad = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) ||
                        (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f);
    return is_bad ? 0 : size;
}

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

std::string json_service(const control::ServiceReply& service) {
    const bool is_alive = service.pid != base::Pid::None;
    return logging::format(
        R"({{"name":{},"state":{},"health":"{}","pid":{},"since":{},"ready":{},"restarts":{},)"
        R"("last_exit":{},"status_text":{}}})",
        json_string(service.name.view()), json_string(service.state.view()),
        control::to_string(service.health),
        is_alive ? std::to_string(raw(service.pid)) : std::string{"null"},
        json_seconds(service.since), json_optional(ready_after(service)), service.restarts,
        json_ending(service.last_exit), json_string(service.status_text.view()));
}

std::string_view mode_text(control::Mode mode) {
    return mode == control::Mode::Command ? "command" : "service";
}

}  // namespace

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

std::string status_table(const control::Client::Status& status) {
    const auto& container = status.container;
    std::string out =
        logging::format("{}, up {}, {} mode, pidone {}\n", control::to_string(container.health),
                        base::to_string(container.uptime).view(), mode_text(container.mode),
                        printable(container.version.view()));
    std::vector<Row> rows{{"SERVICE", "STATE", "PID", "SINCE", "READY IN", "LAST EXIT", "STATUS"}};
    std::transform(status.services.begin(), status.services.end(), std::back_inserter(rows),
                   row_of);
    std::array<std::size_t, kColumns> widths{};
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < kColumns; ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    for (const auto& row : rows) {
        for (std::size_t i = 0; i + 1 < kColumns; ++i) {
            out += row[i];
            out.append(widths[i] - row[i].size() + 2, ' ');
        }
        out += row.back() + '\n';
    }
    return out;
}

std::string status_json(const control::Client::Status& status) {
    const auto& container = status.container;
    std::string out =
        logging::format(R"({{"version":{},"mode":"{}","health":"{}","uptime":{},"services":[)",
                        json_string(container.version.view()), mode_text(container.mode),
                        control::to_string(container.health), json_seconds(container.uptime));
    for (const auto& service : status.services) {
        out += (out.back() == '[' ? "" : ",") + json_service(service);
    }
    return out + "]}\n";
}

std::string json_string(std::string_view text) {
    std::string out{'"'};
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        const auto size = utf8_length(text);
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
