// SPDX-License-Identifier: MIT
#include "cli/client_options.hpp"
#include "cli/client_output.hpp"
#include "cli/commands.hpp"
#include "cli/init_mode.hpp"
#include "cli/status_view.hpp"
#include "control/client.hpp"

namespace cli {

int run_status(std::span<const std::string> args) {
    const auto options = parse_status_options(args);
    if (!options) {
        return complain("status: " + options.error(), base::kExitUsage);
    }
    if (options->is_help) {
        const std::string topic = "status";
        return run_help({&topic, 1});
    }
    auto client = control::Client::connect(named_control(*options));
    if (!client) {
        if (!named_control(*options) && init_is_in_command_mode()) {
            return complain("status: PID 1 is in command mode and has no control socket", 1);
        }
        return complain(client.error());
    }
    const auto status = client->status();
    if (!status) {
        return complain(status.error());
    }
    return print(options->is_json ? status_json(*status) : status_table(*status));
}

}  // namespace cli
