// SPDX-License-Identifier: MIT
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client_output.hpp"
#include "cli/commands.hpp"
#include "cli/config_files.hpp"
#include "cli/run.hpp"
#include "sys/signals.hpp"

namespace {

struct SubCommand {
    std::string_view name;
    int (*run)(std::span<const std::string> args);
};

constexpr std::array kSubCommands{
    SubCommand{"check", cli::run_check},     SubCommand{"show", cli::run_show},
    SubCommand{"probe", cli::run_probe},     SubCommand{"healthcheck", cli::run_healthcheck},
    SubCommand{"logs", cli::run_logs},       SubCommand{"start", cli::run_start},
    SubCommand{"stop", cli::run_stop},       SubCommand{"restart", cli::run_restart},
    SubCommand{"reload", cli::run_reload},   SubCommand{"signal", cli::run_signal},
    SubCommand{"wait", cli::run_wait},       SubCommand{"why", cli::run_why},
    SubCommand{"graph", cli::run_graph},     SubCommand{"analyze", cli::run_analyze},
    SubCommand{"status", cli::run_status},   SubCommand{"exporter", cli::run_exporter},
    SubCommand{"help", cli::run_help},       SubCommand{"schema", cli::run_schema},
    SubCommand{"version", cli::run_version},
};

// A client is an ordinary program: Ctrl-C ends it.
int run_sub_command(const std::vector<std::string>& words) {
    sys::restore_mask(sys::original_mask());
    for (const auto& command : kSubCommands) {
        if (command.name == words.front()) {
            return command.run(std::span{words}.subspan(1));
        }
    }
    return base::kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words{argv, argv + argc};
    const auto options = config::parse_command_line(words, cli::ProcessEnvironment{});
    if (!options) {
        cli::print_refusal(std::string{options.error().persona} + ": " + options.error().message +
                           "\n");
        return options.error().exit_code;
    }
    switch (options->action) {
    case config::Options::Action::RunCommand:
    case config::Options::Action::RunService:
        return cli::run_init(*options);
    case config::Options::Action::SubCommand:
        return run_sub_command(options->program);
    case config::Options::Action::Print:
        if (!options->text_to_stderr) {
            return cli::print(options->text);
        }
        cli::print_error(options->text);
        return 0;
    }
    return base::kExitUsage;
}
