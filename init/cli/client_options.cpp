// SPDX-License-Identifier: MIT
#include "cli/client_options.hpp"

#include <algorithm>
#include <array>

#include "base/words.hpp"
#include "cli/option_words.hpp"
#include "control/protocol.hpp"
#include "sys/environment.hpp"

namespace cli {
namespace {

using Parsed = base::Result<ClientOptions, std::string>;
using Taken = base::Result<void, std::string>;

/// One command: its options, separated by blanks, and how many names it takes.
struct Form {
    std::string_view command;
    std::string_view options;
    std::size_t least = 1;
    std::size_t most = control::kMaxNames;
};

constexpr std::array<Form, 11> kForms{{
    {"healthcheck", "--wait --control", 0},
    {"status", "--json --watch --control", 0},
    {"start", "--no-wait --timeout --control"},
    {"stop", "--no-wait --timeout --control"},
    {"restart", "--no-wait --timeout --control"},
    {"reload", "--no-wait --timeout --control", 0},
    {"signal", "--control"},
    {"why", "--control", 1, 1},
    {"wait", "--for --timeout --control"},
    {"analyze", "--control", 0, 0},
    {"graph", "--format -c", 0, 0},
}};

bool takes(const Form& form, std::string_view option) {
    const auto at = form.options.find(option);
    const auto end = at + option.size();
    return at != std::string_view::npos && (end == form.options.size() || form.options[end] == ' ');
}

/// "--json, --watch or --control".
std::string list_of(std::string_view options) {
    std::string out;
    while (!options.empty()) {
        const auto option = base::take_until(options, " ");
        out += (out.empty() ? "" : options.empty() ? " or " : ", ") + std::string{option};
    }
    return out;
}

Taken take_duration(const std::string& option, const std::string& value,
                    std::optional<base::Duration>& into) {
    into = base::parse_duration(value);
    if (!into) {
        return wrong(quoted(option) + " must be a duration like 30s, got " + quoted(value));
    }
    return {};
}

Taken take_word(const std::string& option, const std::string& value,
                std::span<const std::string_view> known, std::string& into) {
    into = value;
    if (std::find(known.begin(), known.end(), value) != known.end()) {
        return {};
    }
    return wrong(quoted(option) + " must be " + std::string{known[0]} + ", " +
                 std::string{known[1]} + " or " + std::string{known[2]} + ", got " + quoted(value));
}

std::string_view kind_of_value(std::string_view option) {
    return option == "--control"  ? "the path of a socket"
           : option == "-c"       ? "a path"
           : option == "--for"    ? "ready, done or stopped"
           : option == "--format" ? "text, dot or mermaid"
                                  : "a duration like 30s";
}

Taken set_value(const std::string& option, const std::string& value, ClientOptions& options) {
    static constexpr std::array<std::string_view, 3> kGoals{"ready", "done", "stopped"};
    static constexpr std::array<std::string_view, 3> kFormats{"text", "dot", "mermaid"};
    if (option == "--control") {
        options.control = value;
        return {};
    }
    if (option == "-c") {
        options.paths.push_back(value);
        return {};
    }
    if (option == "--for") {
        return take_word(option, value, kGoals, options.goal);
    }
    if (option == "--format") {
        return take_word(option, value, kFormats, options.format);
    }
    return take_duration(option, value, option == "--wait" ? options.wait : options.timeout);
}

bool take_flag(std::string_view word, ClientOptions& options) {
    if (word == "--json") {
        return options.is_json = true;
    }
    if (word == "--watch") {
        return options.is_watch = true;
    }
    return word == "--no-wait" && (options.is_no_wait = true);
}

/// Takes the option in front, and its value with it.
Taken take_option(const Form& form, std::span<const std::string>& words, ClientOptions& options) {
    const auto& word = words.front();
    if (word == "-h" || word == "--help") {
        options.is_help = true;
        words = words.subspan(1);
        return {};
    }
    const std::string name{option_name(word)};
    if (!takes(form, name)) {
        return wrong("unknown option " + quoted(word) + ", expected " + list_of(form.options));
    }
    if (take_flag(name, options)) {
        words = words.subspan(1);
        return name == word ? Taken{} : wrong(quoted(name) + " takes no value");
    }
    const auto value = take_value(words);
    return value ? set_value(name, *value, options)
                 : wrong(quoted(name) + " needs " + std::string{kind_of_value(name)});
}

Taken check_names(const Form& form, const ClientOptions& options) {
    const auto& names = options.services;
    if (names.size() < form.least) {
        return wrong("'" + std::string{form.command} +
                     "' needs the name of a service; 'pidone status' lists them");
    }
    if (form.most == 0 && !names.empty()) {
        return wrong(quoted(form.command) + " takes no service, got " + quoted(names.front()) +
                     (takes(form, "-c") ? "; name a directory or a file with -c" : ""));
    }
    if (names.size() > form.most) {
        return wrong("at most " + std::to_string(form.most) +
                     (form.most == 1 ? " service can be named" : " services can be named") +
                     (form.least == 0 ? "; without a name the whole container is meant" : ""));
    }
    for (const auto& name : names) {
        if (name.empty() || name.size() > control::Name::kCapacity) {
            return wrong(quoted(name) + " is no name of a service");
        }
    }
    return {};
}

Taken take_signal(ClientOptions& options) {
    if (options.services.empty()) {
        return wrong("'signal' needs a signal and the name of a service");
    }
    const auto signal = base::parse_signal(options.services.front());
    if (!signal) {
        return wrong(quoted(options.services.front()) + " is no signal; write pidone signal SIG " +
                     "SERVICE, with a SIG like HUP");
    }
    options.signal = *signal;
    options.services.erase(options.services.begin());
    return {};
}

}  // namespace

Parsed parse_client_options(std::string_view command, std::span<const std::string> words) {
    const auto split = split_short(words, "h", command == "graph" ? "c" : "");
    std::span<const std::string> args{split};
    const auto* form = std::find_if(kForms.begin(), kForms.end(), [&](const Form& candidate) {
        return candidate.command == command;
    });
    ClientOptions options;
    bool has_options = true;
    while (!args.empty()) {
        const auto& word = args.front();
        if (has_options && word.size() > 1 && word.starts_with('-') && word != "--") {
            if (auto taken = take_option(*form, args, options); !taken) {
                return wrong(taken.error());
            }
            continue;
        }
        if (has_options && word == "--") {
            has_options = false;
        } else {
            options.services.push_back(word);
        }
        args = args.subspan(1);
    }
    if (options.is_help) {
        return options;
    }
    auto checked = command == "signal" ? take_signal(options) : Taken{};
    checked = checked ? check_names(*form, options) : checked;
    if (checked && command == "reload" && !options.services.empty() &&
        (options.is_no_wait || options.timeout)) {
        checked = wrong("--no-wait and --timeout go with a reload of the files, without a SERVICE");
    }
    if (checked && command == "wait" && options.goal.empty()) {
        checked = wrong("'wait' needs --for ready, --for done or --for stopped");
    }
    if (!checked) {
        return wrong(checked.error());
    }
    return options;
}

std::optional<std::string> named_control(const std::optional<std::string>& option) {
    if (option) {
        return option;
    }
    if (const auto variable = sys::get_variable("PIDONE_CONTROL")) {
        return std::string{*variable};
    }
    return std::nullopt;
}

}  // namespace cli
