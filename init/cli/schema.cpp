// SPDX-License-Identifier: MIT
#include "config/schema.hpp"

#include "base/exit_status.hpp"
#include "cli/client_output.hpp"
#include "cli/commands.hpp"

namespace cli {

int run_schema(std::span<const std::string> args) {
    const bool is_container = !args.empty() && args.front() == "--container";
    if (args.size() > (is_container ? 1U : 0U)) {
        return complain("unknown option '" + args.back() + "'; see 'pidone help schema'",
                        base::kExitUsage);
    }
    return print(config::make_schema(is_container ? config::FileKind::Container
                                                  : config::FileKind::Service));
}

}  // namespace cli
