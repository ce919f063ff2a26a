// SPDX-License-Identifier: MIT
#include "cli/probe_options.hpp"

#include "cli/option_words.hpp"

namespace cli {
namespace {

base::Result<void, std::string> take_option(ProbeOptions& options,
                                            std::span<const std::string>& words) {
    const std::string& word = words.front();
    if (word == "-h" || word == "--help") {
        options.is_help = true;
        words = words.subspan(1);
        return {};
    }
    const std::string name{option_name(word)};
    const bool is_timeout = name == "--timeout";
    if (!is_timeout && name != "--interval") {
        return wrong("unknown option " + quoted(word) + "; expected --timeout or --interval");
    }
    const auto value = take_value(words);
    if (!value) {
        return wrong(quoted(name) + " needs a duration like 30s");
    }
    const auto duration = base::parse_duration(*value);
    if (!duration) {
        return wrong(quoted(name) + " must be a duration like 30s, got " + quoted(*value));
    }
    if (is_timeout) {
        options.timeout = *duration;
    } else {
        options.interval = *duration;
    }
    return {};
}

base::Result<void, std::string> take_command(ProbeOptions& options,
                                             std::span<const std::string>& words) {
    if (words.size() < 2) {
        return wrong("'exec' needs a command after '--'");
    }
    options.command.assign(words.begin() + 1, words.end());
    words = {};
    return {};
}

}  // namespace

base::Result<ProbeOptions, std::string> parse_probe_options(std::span<const std::string> args) {
    ProbeOptions options;
    bool is_exec = false;
    for (auto words = args; !words.empty() && !options.is_help;) {
        const std::string& word = words.front();
        base::Result<void, std::string> taken;
        if (word == "--" && is_exec) {
            taken = take_command(options, words);
        } else if (word.starts_with("-") && word != "--") {
            taken = take_option(options, words);
        } else if (word == "exec" && options.endpoints.empty() && !is_exec) {
            is_exec = true;
            words = words.subspan(1);
        } else if (is_exec) {
            taken = wrong("'exec' needs its command after '--', got '" + word + "'");
        } else {
            auto endpoint = base::parse_endpoint(word);
            taken = endpoint ? base::Result<void, std::string>{}
                             : wrong("'" + word + "': " + endpoint.error());
            if (endpoint) {
                options.endpoints.push_back(std::move(*endpoint));
            }
            words = words.subspan(1);
        }
        if (!taken) {
            return wrong(taken.error());
        }
    }
    if (!options.is_help && options.endpoints.empty() && options.command.empty()) {
        return wrong(is_exec ? "'exec' needs a command after '--'"
                             : "expected URLs, or 'exec -- COMMAND'");
    }
    return options;
}

}  // namespace cli
