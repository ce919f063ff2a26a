// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <vector>

#include "base/utf8.hpp"
#include "cli/outcome.hpp"
#include "cli/status_view.hpp"
#include "log/log.hpp"
#include "sys/environment.hpp"

namespace cli {
namespace {

using core::State;

/// The columns in their order.
enum Column : std::size_t {
    ServiceColumn,
    StateColumn,
    PidColumn,
    SinceColumn,
    HealthColumn,
    RestartsColumn,
    MemoryColumn,
    CpuColumn,
    LastExitColumn,
    StatusColumn
};
constexpr std::size_t kColumns = StatusColumn + 1;
using Row = std::array<std::string, kColumns>;

constexpr Row::size_type kNarrowStatus = 12;
/// What a narrow terminal goes without, first to last; the others always stay.
constexpr std::array kExpendable{StatusColumn,   LastExitColumn, CpuColumn,
                                 RestartsColumn, MemoryColumn,   HealthColumn};

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 4> kUnits{"K", "M", "G", "T"};
    auto tenths = bytes * 10 / 1024;
    std::size_t unit = 0;
    for (; tenths >= 10'240 && unit + 1 < kUnits.size(); ++unit) {
        tenths /= 1024;
    }
    return tenths < 100 ? logging::format("{}.{}{}", tenths / 10, tenths % 10, kUnits[unit])
                        : logging::format("{}{}", tenths / 10, kUnits[unit]);
}

std::string cpu_text(const Usage& usage) {
    if (!usage.is_known) {
        return "-";
    }
    return usage.permille ? logging::format("{}.{}%", *usage.permille / 10, *usage.permille % 10)
                          : std::string{base::to_string(usage.cpu)};
}

/// What is most worth knowing: why PID 1 ended it or could not start it, its own words, else what
/// it waits for.
std::string remark(const control::ServiceReply& service) {
    auto hold = hold_text(service);
    const auto state = state_of(service);
    if (!service.failure.is_empty() && (state == State::Failed || state == State::Backoff)) {
        return std::string{service.failure.view()} + (hold.empty() ? "" : "; " + hold);
    }
    if (state == State::Failed && !hold.empty()) {
        return hold;
    }
    return service.status_text.is_empty() ? hold : std::string{service.status_text.view()};
}

Row row_of(const control::ServiceReply& service, const Usage& usage) {
    const bool is_alive = service.pid != base::Pid::None;
    return {printable(service.name.view()),
            printable(service.state.view()),
            is_alive ? std::to_string(raw(service.pid)) : "-",
            std::string{base::to_string(service.since)},
            std::string{control::to_string(service.health)},
            std::to_string(service.restarts),
            usage.is_known ? size_text(usage.bytes) : "-",
            cpu_text(usage),
            service.last_exit ? std::string{base::to_string(*service.last_exit)} : "-",
            or_dash(printable(remark(service)))};
}

std::string_view colour_of(const control::ServiceReply& service) {
    const auto state = state_of(service);
    const bool is_bad = state == State::Failed || service.health == control::Health::Unhealthy;
    const bool is_good = state == State::Up || state == State::Done || state == State::Scheduled;
    return is_bad ? "\x1b[31m" : is_good ? "\x1b[32m" : "\x1b[33m";
}

/// Characters of a printable text. One that takes two columns is taken for one.
std::size_t width_of(std::string_view text) {
    return text.size() -
           static_cast<std::size_t>(std::count_if(text.begin(), text.end(), base::is_continuation));
}

std::string_view cut(std::string_view text, std::size_t width) {
    std::size_t end = 0;
    for (; end < text.size() && width > 0; --width) {
        end += base::character_length(text.substr(end));
    }
    return text.substr(0, end);
}

using Widths = std::array<std::size_t, kColumns>;  // 0 = the column is not shown

std::size_t total(const Widths& widths) {
    std::size_t sum = 0;
    for (const auto width : widths) {
        sum += width == 0 ? 0 : width + 2;
    }
    return sum - 2;
}

Widths fit(const std::vector<Row>& rows, std::size_t limit) {
    Widths widths{};
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < kColumns; ++i) {
            widths[i] = std::max(widths[i], width_of(row[i]));
        }
    }
    if (limit == 0) {
        return widths;
    }
    for (const auto column : kExpendable) {
        const auto sum = total(widths);
        if (sum <= limit) {
            break;
        }
        const auto excess = sum - limit;
        const bool can_shrink = column == StatusColumn && widths[column] >= kNarrowStatus + excess;
        widths[column] = can_shrink ? widths[column] - excess : 0;
    }
    return widths;
}

std::string line_of(const Row& row, const Widths& widths, std::string_view colour) {
    std::string out;
    std::size_t gap = 0;
    for (std::size_t i = 0; i < kColumns; ++i) {
        if (widths[i] == 0) {
            continue;
        }
        out.append(gap, ' ');
        const std::string text{cut(row[i], widths[i])};
        const bool is_coloured = i == StateColumn && !colour.empty();
        out += is_coloured ? std::string{colour} + text + "\x1b[0m" : text;
        gap = widths[i] - width_of(text) + 2;
    }
    return out;
}

}  // namespace

bool has_colour() {
    return sys::get_variable("NO_COLOR").value_or("").empty();
}

std::string status_table(const control::Client::Status& status, std::span<const Usage> usages,
                         const Style& style) {
    const auto& container = status.container;
    const auto head =
        logging::format("{}, up {}, {} mode, pidone {}", control::to_string(container.health),
                        base::to_string(container.uptime).view(), mode_text(container.mode),
                        printable(container.version.view()));
    std::string out{cut(head, style.width == 0 ? head.size() : style.width)};
    std::vector<Row> rows{{"SERVICE", "STATE", "PID", "SINCE", "HEALTH", "RESTARTS", "MEMORY",
                           "CPU", "LAST EXIT", "STATUS"}};
    for (std::size_t i = 0; i < status.services.size(); ++i) {
        rows.push_back(row_of(status.services[i], i < usages.size() ? usages[i] : Usage{}));
    }
    const auto widths = fit(rows, style.width);
    // The first line stands already, and one more is needed to say how many are missing.
    const bool is_tall = style.height > 0 && rows.size() + 1 > style.height;
    const auto shown = is_tall ? std::max<std::size_t>(style.height, 3) - 2 : rows.size();
    for (std::size_t i = 0; i < shown; ++i) {
        out += "\n" + line_of(rows[i], widths,
                              i > 0 && style.has_colour ? colour_of(status.services[i - 1])
                                                        : std::string_view{});
    }
    return out + (is_tall ? logging::format("\n... and {} more\n", rows.size() - shown) : "\n");
}

}  // namespace cli
