// SPDX-License-Identifier: MIT
#include "base/exit_status.hpp"
#include "cli/client_options.hpp"
#include "cli/client_output.hpp"
#include "cli/config_files.hpp"
#include "cli/graph_view.hpp"
#include "cli/option_words.hpp"

namespace cli {

int run_graph(std::span<const std::string> args) {
    auto options = parse_client_options("graph", args);
    if (const auto code = answer_words("graph", options)) {
        return *code;
    }
    if (options->paths.empty()) {
        options->paths.emplace_back("/etc/pidone");
    }
    const auto loaded = load_config(options->paths, "nothing was shown");
    if (!loaded) {
        print_error(loaded.error());
        return base::kExitConfig;
    }
    const auto& spec = loaded->spec;
    return print(options->format == "dot"       ? graph_dot(spec)
                 : options->format == "mermaid" ? graph_mermaid(spec)
                                                : graph_text(spec));
}

}  // namespace cli
