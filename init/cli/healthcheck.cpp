// SPDX-License-Identifier: MIT
#include "cli/client_options.hpp"
#include "cli/client_output.hpp"
#include "cli/init_mode.hpp"
#include "cli/option_words.hpp"
#include "cli/status_view.hpp"
#include "control/client.hpp"

namespace cli {

int run_healthcheck(std::span<const std::string> args) {
    const auto options = parse_client_options("healthcheck", args);
    if (const auto code = answer_words("healthcheck", options)) {
        return *code;
    }
    const auto socket = named_control(options->control);
    auto client = control::Client::connect(socket);
    if (!client) {
        // An image keeps its HEALTHCHECK when somebody runs a shell in it.
        if (!socket && init_is_in_command_mode()) {
            if (!options->services.empty()) {
                return complain("healthcheck: PID 1 is in command mode and has no service '" +
                                    options->services.front() + "'",
                                1);
            }
            print("healthy: command mode\n");
            return 0;
        }
        return complain(client.error());
    }
    const auto reply = client->health(options->services, options->wait);
    if (!reply) {
        return complain(reply.error());
    }
    print(health_line(*reply) + "\n");
    return reply->health == control::Health::Healthy ? 0 : 1;
}

}  // namespace cli
