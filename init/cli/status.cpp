// SPDX-License-Identifier: MIT
#include "cli/client_output.hpp"
#include "cli/client_session.hpp"
#include "cli/commands.hpp"
#include "cli/status_view.hpp"
#include "sys/clock.hpp"
#include "sys/terminal.hpp"
#include "sys/tree_usage.hpp"

namespace cli {
namespace {

constexpr int kStandardOutput = 1;
/// Between two redraws, however many events there are.
constexpr base::Duration kPause{100};
/// How old the figures on a terminal may get.
constexpr base::Duration kFigures{1'000};
/// Cursor to the first line, and everything below it away. Nothing is switched, so there is nothing
/// to switch back when Ctrl-C ends this.
constexpr std::string_view kClear = "\x1b[H\x1b[J";

std::vector<Usage> usage_of(const control::Client::Status& status) {
    std::vector<Usage> usages;
    for (const auto& tree : sys::tree_usage(tree_roots(status))) {
        usages.push_back({tree.processes != 0, tree.resident_bytes, tree.cpu, std::nullopt});
    }
    return usages;
}

/// Keeps what `chosen` names, in its order.
void keep(control::Client::Status& status, const std::vector<std::size_t>& chosen) {
    std::vector<control::ServiceReply> services;
    services.reserve(chosen.size());
    for (const auto index : chosen) {
        services.push_back(status.services[index]);
    }
    status.services = std::move(services);
}

/// The last look at a tree's CPU time, for percents.
struct Look {
    base::Instant at{};
    std::vector<Usage> usages;
};

void add_percents(std::vector<Usage>& usages, Look& last, base::Instant now) {
    const auto passed = now - last.at;
    for (std::size_t i = 0; passed > base::Duration{0} && i < usages.size(); ++i) {
        if (i < last.usages.size() && usages[i].cpu >= last.usages[i].cpu) {
            usages[i].permille = 1000 * (usages[i].cpu - last.usages[i].cpu) / passed;
        }
    }
    last = {now, usages};
}

int show(control::Client::Status& status, const ClientOptions& options, Look& last,
         bool is_terminal) {
    const auto chosen = select_services(status, options.services);
    if (!chosen) {
        return complain(chosen.error(), 1);
    }
    keep(status, *chosen);
    auto usages = usage_of(status);
    if (options.is_watch) {
        add_percents(usages, last, sys::now());
    }
    if (options.is_json) {
        return print(status_json(status, usages));
    }
    Style style{.has_colour = is_terminal && has_colour()};
    if (is_terminal) {
        const auto size = sys::terminal_size(kStandardOutput);
        style.width = size.columns;
        // The line that the cursor is left in is not drawn on.
        style.height = options.is_watch ? size.rows - 1 : 0;
    }
    const auto table = status_table(status, usages, style);
    return print(options.is_watch && is_terminal ? std::string{kClear} + table : table);
}

}  // namespace

int run_status(std::span<const std::string> args) {
    auto session = open_session("status", args);
    if (!session.client) {
        return session.exit_code;
    }
    const auto& options = session.options;
    const bool is_terminal = !options.is_json && sys::is_terminal(kStandardOutput);
    Look last;
    auto status = session.client->status();
    int code = 0;
    while (status && code == 0) {
        const auto seen = status->container.generation;
        code = show(*status, options, last, is_terminal);
        if (!options.is_watch || code != 0) {
            return code;
        }
        sys::sleep_for(kPause);
        status = session.client->status(seen, is_terminal ? kFigures : control::kMaxWait);
    }
    return complain(status.error());
}

}  // namespace cli
