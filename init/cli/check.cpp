// SPDX-License-Identifier: MIT
#include "base/exit_status.hpp"
#include "cli/check_world.hpp"
#include "cli/client_output.hpp"
#include "cli/commands.hpp"
#include "cli/config_files.hpp"
#include "cli/option_words.hpp"

namespace cli {
namespace {

struct CheckOptions {
    bool has_root = true;
    std::vector<std::string> paths{};
};

base::Result<CheckOptions, std::string> parse(std::span<const std::string> words) {
    const auto args = split_short(words, "", "c");
    CheckOptions options;
    bool is_path_only = false;
    for (std::size_t i = 0; i < args.size(); ++i) {
        const auto& word = args[i];
        if (word.empty()) {
            return base::unexpected<std::string>{
                "an empty path; name a directory of service files or one such file"};
        }
        if (is_path_only || word[0] != '-') {
            options.paths.push_back(word);
        } else if (word == "--") {
            is_path_only = true;
        } else if (word == "--no-root") {
            options.has_root = false;
        } else if (word == "-c" && i + 1 < args.size()) {
            options.paths.push_back(args[++i]);
        } else {
            return base::unexpected("unknown option '" + word + "'; see 'pidone help check'");
        }
    }
    if (options.paths.empty()) {
        options.paths.emplace_back("/etc/pidone");
    }
    return options;
}

std::string count(std::size_t number, std::string_view noun) {
    return std::to_string(number) + " " + std::string{noun} + (number == 1 ? "" : "s");
}

int conclude(const config::Loaded& loaded) {
    const auto& diagnostics = loaded.diagnostics;
    print_error(diagnostics.render());
    if (diagnostics.error_count() != 0) {
        print_error(error_summary(diagnostics.error_count(), {}));
        return base::kExitConfig;
    }
    auto line = "pidone: " + count(loaded.spec.services.size(), "service") + " checked, no error";
    if (diagnostics.warning_count() != 0) {
        line += ", " + count(diagnostics.warning_count(), "warning");
    }
    return print(line + "\n");
}

}  // namespace

int run_check(std::span<const std::string> args) {
    const auto options = parse(args);
    if (!options) {
        return complain(options.error(), base::kExitUsage);
    }
    const auto files = read_config(options->paths);
    if (!files) {
        for (const auto& line : files.error()) {
            print_error(line);
        }
        print_error(error_summary(files.error().size(), {}));
        return base::kExitConfig;
    }
    auto loaded =
        config::load_all(*files, ProcessEnvironment{},
                         options->has_root ? config::Unset::Error : config::Unset::Warning);
    check_world(loaded, options->has_root ? Absence::Error : Absence::Warning);
    return conclude(loaded);
}

}  // namespace cli
