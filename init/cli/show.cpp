// SPDX-License-Identifier: MIT
#include "base/exit_status.hpp"
#include "base/suggest.hpp"
#include "cli/client_output.hpp"
#include "cli/commands.hpp"
#include "cli/config_files.hpp"
#include "cli/option_words.hpp"
#include "cli/show_toml.hpp"

namespace cli {
namespace {

struct ShowOptions {
    std::vector<std::string> paths{};
    std::string service{};  ///< "" = all of them and pidone.toml
};

base::Result<ShowOptions, std::string> parse(std::span<const std::string> words) {
    const auto args = split_short(words, "", "c");
    ShowOptions options;
    for (std::size_t i = 0; i < args.size(); ++i) {
        const auto& word = args[i];
        if (word == "-c" && i + 1 < args.size()) {
            options.paths.push_back(args[++i]);
        } else if (word.starts_with('-')) {
            return base::unexpected("unknown option '" + word + "'; see 'pidone help show'");
        } else if (!options.service.empty()) {
            return base::unexpected("unexpected argument '" + word + "'; one service at a time");
        } else {
            options.service = word;
        }
    }
    if (options.paths.empty()) {
        options.paths.emplace_back("/etc/pidone");
    }
    return options;
}

std::string titled_toml(const core::Spec& spec, const core::ServiceSpec& service) {
    return "\n# " + service.name + ".toml\n" + service_toml(spec, service);
}

int show_service(const core::Spec& spec, const std::string& name) {
    std::vector<std::string_view> names;
    std::string instances;
    std::string list;
    for (const auto& service : spec.services) {
        if (service.name == name) {
            return print(service_toml(spec, service));
        }
        if (service.template_name == name) {
            instances += titled_toml(spec, service);
        }
        names.push_back(service.name);
        list += (list.empty() ? "" : ", ") + service.name;
    }
    if (!instances.empty()) {
        return print(instances.substr(1));
    }
    const auto close = base::suggest(name, names);
    return complain(
        "no service '" + name + "' in these files; " +
            (close.empty() ? "they have " + list : "did you mean '" + std::string{close} + "'?"),
        1);
}

}  // namespace

int run_show(std::span<const std::string> args) {
    const auto options = parse(args);
    if (!options) {
        return complain(options.error(), base::kExitUsage);
    }
    const auto loaded = load_config(options->paths, "nothing was shown");
    if (!loaded) {
        print_error(loaded.error());
        return base::kExitConfig;
    }
    if (!options->service.empty()) {
        return show_service(loaded->spec, options->service);
    }
    std::string text = "# pidone.toml\n" + container_toml(loaded->spec);
    for (const auto& service : loaded->spec.services) {
        text += titled_toml(loaded->spec, service);
    }
    return print(text);
}

}  // namespace cli
