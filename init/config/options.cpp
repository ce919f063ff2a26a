// SPDX-License-Identifier: MIT
#include "config/options.hpp"

#include <algorithm>
#include <array>

#include "base/suggest.hpp"
#include "config/option_scan.hpp"
#include "config/option_values.hpp"
#include "config/persona.hpp"

namespace config {
namespace {

enum class Form {
    Subreaper,
    Group,
    ParentDeathSignal,
    RemapExit,
    Rewrite,
    StopTimeout,
    KillGrace,
    WarnOnReap,
    Verbose,
    Quiet,
    Config,
    Help,
    Version,
};

constexpr std::array<OptionForm, 13> kForms{{{'s', "subreaper", false},
                                             {'g', "group", false},
                                             {'p', "parent-death-signal", true},
                                             {'e', "remap-exit", true},
                                             {'r', "rewrite", true},
                                             {0, "stop-timeout", true},
                                             {0, "kill-grace", true},
                                             {'w', "warn-on-reap", false},
                                             {'v', "verbose", false},
                                             {'q', "quiet", false},
                                             {'c', "config", true},
                                             {'h', "help", false},
                                             {'V', "version", false}}};

constexpr std::array<std::string_view, 19> kSubCommands{
    "start",  "stop",    "restart",  "reload", "signal", "wait",  "why",
    "graph",  "analyze", "check",    "logs",   "show",   "probe", "healthcheck",
    "status", "schema",  "exporter", "help",   "version"};

constexpr const char* kDefaultPath = "/etc/pidone";

/// What the options before a PROGRAM or a sub-command said besides Options itself.
struct Seen {
    bool help = false;
    bool version = false;
    std::string_view command_mode;  ///< an option that only a program can follow, as it was written
};

/// Options about pidone itself mean the same in both modes; these speak of the one program.
bool is_of_command_mode(Form form) {
    return form == Form::Group || form == Form::RemapExit || form == Form::Rewrite ||
           form == Form::StopTimeout || form == Form::KillGrace || form == Form::WarnOnReap;
}

Checked apply(const FoundOption& found, Options& options, Seen& seen) {
    auto& settings = options.settings;
    const auto form = static_cast<Form>(found.form);
    if (is_of_command_mode(form)) {
        seen.command_mode = found.spelling;
    }
    switch (form) {
    case Form::Subreaper:
        options.is_subreaper = true;
        return {};
    case Form::Group:
        settings.signals_group = true;
        return {};
    case Form::ParentDeathSignal:
        return read_signal(found.value, options.parent_death_signal);
    case Form::RemapExit:
        return add_remap(found.value, settings);
    case Form::Rewrite:
        return add_rewrite(found.value, settings);
    case Form::StopTimeout:
        return read_duration(found.value, settings.stop_timeout.emplace());
    case Form::KillGrace:
        return read_duration(found.value, settings.kill_grace);
    case Form::WarnOnReap:
        settings.warns_on_reap = true;
        return {};
    case Form::Verbose:
        options.verbosity = std::max(options.verbosity, 1) + 1;
        return {};
    case Form::Quiet:
        options.verbosity = 0;
        return {};
    case Form::Config:
        options.paths.emplace_back(found.value);
        return found.value.empty() ? Checked{base::unexpected(std::string{"the path is empty"})}
                                   : Checked{};
    case Form::Help:
        seen.help = true;
        return {};
    case Form::Version:
        seen.version = true;
        return {};
    }
    return {};
}

Checked read_options(OptionScan& scan, Options& options, Seen& seen) {
    for (;;) {
        const auto found = scan.next();
        if (!found) {
            return base::unexpected(found.error() + "; see 'pidone help'");
        }
        if (!found->has_value()) {
            return {};
        }
        if (auto applied = apply(**found, options, seen); !applied) {
            return base::unexpected("option '" + std::string{(*found)->spelling} +
                                    "': " + applied.error());
        }
    }
}

base::unexpected<UsageError> wrong(std::string message) {
    return usage_error(std::move(message), base::kExitUsage, "pidone");
}

ParsedOptions sub_command(Options options, std::vector<std::string> words) {
    options.action = Options::Action::SubCommand;
    options.program = std::move(words);
    return options;
}

ParsedOptions run_program(Options options, std::span<const std::string> program) {
    if (!options.paths.empty()) {
        return wrong("option '-c' is for service mode and goes with no program, got '" +
                     program.front() + "'; leave out one of them");
    }
    options.action = Options::Action::RunCommand;
    options.program.assign(program.begin(), program.end());
    return options;
}

ParsedOptions run_services(Options options, const Seen& seen) {
    if (!seen.command_mode.empty()) {
        return wrong("option '" + std::string{seen.command_mode} +
                     "' is for command mode and goes with a program only; 'pidone help keys' lists "
                     "what a service file may say");
    }
    options.action = Options::Action::RunService;
    if (options.paths.empty()) {
        options.paths.emplace_back(kDefaultPath);
    }
    return options;
}

/// What comes after `pidone run`.
ParsedOptions parse_run(std::span<const std::string> arguments, Options options) {
    Seen seen;
    OptionScan scan{arguments, kForms};
    if (auto read = read_options(scan, options, seen); !read) {
        return wrong(read.error());
    }
    if (seen.help) {
        return sub_command(std::move(options), {"help", "run"});
    }
    if (seen.version) {
        return sub_command(std::move(options), {"version"});
    }
    const auto rest = scan.rest();
    if (rest.empty()) {
        return run_services(std::move(options), seen);
    }
    if (!scan.ended_by_dashes()) {
        return wrong("unexpected argument '" + rest.front() +
                     "'; service files are named with -c: pidone run -c " + rest.front() +
                     ", a program with '--': pidone run -- " + rest.front());
    }
    return run_program(std::move(options), rest);
}

/// A word in front of any "--".
ParsedOptions parse_sub_command(std::span<const std::string> words, Options options,
                                bool has_options) {
    const std::string& name = words.front();
    const bool is_known =
        std::find(kSubCommands.begin(), kSubCommands.end(), name) != kSubCommands.end();
    if (!is_known && name != "run") {
        const auto close = base::suggest(name, kSubCommands);
        return wrong("unknown command '" + name + "'; " +
                     (close.empty() ? "to" : "did you mean '" + std::string{close} + "'? To") +
                     " run it as a program write: pidone -- " + name);
    }
    if (has_options) {
        return wrong("options of 'pidone " + name + "' go behind its name");
    }
    const auto arguments = words.subspan(1);
    if (name == "run") {
        return parse_run(arguments, std::move(options));
    }
    if (!arguments.empty() && (arguments.front() == "-h" || arguments.front() == "--help")) {
        return sub_command(std::move(options), {"help", name});
    }
    return sub_command(std::move(options), {words.begin(), words.end()});
}

std::string_view base_name(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

using Parser = ParsedOptions (*)(std::span<const std::string>, const Environment&, Options);
struct Persona {
    std::string_view name;
    Parser parse;
};
constexpr std::array<Persona, 5> kPersonas{{{"tini", parse_tini},
                                            {"docker-init", parse_tini},
                                            {"dumb-init", parse_dumb_init},
                                            {"catatonit", parse_catatonit},
                                            {"podman-init", parse_catatonit}}};

}  // namespace

Options print(Options options, std::string text) {
    options.action = Options::Action::Print;
    options.text = std::move(text);
    return options;
}

ParsedOptions parse_pidone(std::span<const std::string> arguments,
                           [[maybe_unused]] const Environment& environment, Options options) {
    Seen seen;
    OptionScan scan{arguments, kForms};
    if (auto read = read_options(scan, options, seen); !read) {
        return wrong(read.error());
    }
    if (seen.help || seen.version) {
        return sub_command(std::move(options), {seen.help ? "help" : "version"});
    }
    const auto rest = scan.rest();
    if (scan.ended_by_dashes()) {
        if (rest.empty()) {
            return wrong("no program behind '--'; write pidone -- PROGRAM [ARG...], or pidone run");
        }
        return run_program(std::move(options), rest);
    }
    if (rest.empty() && !options.paths.empty()) {
        return wrong("option '-c' is for service mode; write pidone run -c " +
                     options.paths.front());
    }
    if (rest.empty()) {
        return wrong(
            "nothing to do; write pidone -- PROGRAM [ARG...], or pidone run (see 'pidone "
            "help')");
    }
    return parse_sub_command(rest, std::move(options), rest.size() != arguments.size());
}

base::Result<Options, UsageError> parse_command_line(const std::vector<std::string>& argv,
                                                     const Environment& environment) {
    const auto arguments = std::span{argv}.subspan(argv.empty() ? 0 : 1);
    const auto name = argv.empty() ? std::string_view{} : base_name(argv.front());
    Options options;
    // pidone itself adopts orphans wherever it runs; what it replaces does so only when asked.
    options.is_subreaper = true;
    Parser parse = parse_pidone;
    for (const auto& persona : kPersonas) {
        if (persona.name == name) {
            options.persona = persona.name;
            // What they replace lets the kernel kill the rest at once.
            options.settings.kill_grace = core::Duration{0};
            options.is_subreaper = false;
            parse = persona.parse;
        }
    }
    if (auto applied = apply_variables(environment, options); !applied) {
        return usage_error(applied.error(), base::kExitUsage, options.persona);
    }
    return parse(arguments, environment, std::move(options));
}

}  // namespace config
