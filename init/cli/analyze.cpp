// SPDX-License-Identifier: MIT
#include "cli/analyze_view.hpp"
#include "cli/client_output.hpp"
#include "cli/client_session.hpp"
#include "cli/commands.hpp"
#include "sys/terminal.hpp"

namespace cli {

int run_analyze(std::span<const std::string> args) {
    auto session = open_session("analyze", args);
    if (!session.client) {
        return session.exit_code;
    }
    const auto status = session.client->status();
    if (!status) {
        return complain(status.error());
    }
    return print(analyze_text(*status, sys::terminal_size(1).columns));
}

}  // namespace cli
