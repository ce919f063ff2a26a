// SPDX-License-Identifier: MIT
#include <array>

#include "config/option_scan.hpp"
#include "config/option_values.hpp"
#include "config/persona.hpp"

// tini 0.19.0 and docker-init, which is the same program (tini's README and tini(1)).
namespace config {
namespace {

constexpr int kUsage = 1;  // tini ends with 1 for a wrong command line

// `docker info` takes the version from the words "tini version ".
constexpr const char* kVersion = "tini version 0.19.0 (pidone " PIDONE_VERSION ")\n";

constexpr const char* kHelp =
    "Usage: tini [OPTIONS] PROGRAM -- [ARGS] | --version\n\n"
    "pidone in the place of tini: runs PROGRAM, forwards signals, reaps zombies.\n\n"
    "  --version    show the version and exit\n"
    "  -h           show this help and exit\n"
    "  -s           register as a process subreaper\n"
    "  -p SIGNAL    get SIGNAL when the parent dies\n"
    "  -v           say more, may be repeated\n"
    "  -w           warn when a process is reaped that is not the program\n"
    "  -g           send signals to the program's process group\n"
    "  -e CODE      end with 0 when the program ends with CODE, may be repeated\n"
    "  -l           show the license and exit\n\n"
    "Variables: TINI_SUBREAPER, TINI_KILL_PROCESS_GROUP, TINI_VERBOSITY (default 1)\n";

constexpr std::array<OptionForm, 10> kForms{{{'h', "", false},
                                             {'s', "", false},
                                             {'p', "", true},
                                             {'v', "", false},
                                             {'w', "", false},
                                             {'g', "", false},
                                             {'e', "", true},
                                             {'l', "", false},
                                             {0, "version", false},
                                             {0, "help", false}}};

Checked apply(const FoundOption& found, Options& options, int& verbosity) {
    switch (kForms[found.form].letter) {
    case 's':
        options.is_subreaper = true;
        return {};
    case 'p':
        return read_signal(found.value, options.parent_death_signal);
    case 'v':
        ++verbosity;
        return {};
    case 'w':
        options.settings.warns_on_reap = true;
        return {};
    case 'g':
        options.settings.signals_group = true;
        return {};
    default:
        break;
    }
    if (!parse_number(found.value, 0, 255)) {
        return base::unexpected("expected a number from 0 to 255, got '" +
                                std::string{found.value} + "'");
    }
    return add_remap(found.value, options.settings);
}

/// The variables count whatever their value is, as in tini; only the verbosity has one. They are
/// looked at after the options, so TINI_VERBOSITY wins over -v.
void apply_tini_variables(const Environment& environment, Options& options, int& verbosity) {
    if (environment.get("TINI_SUBREAPER")) {
        options.is_subreaper = true;
    }
    if (environment.get("TINI_KILL_PROCESS_GROUP")) {
        options.settings.signals_group = true;
    }
    if (const auto text = environment.get("TINI_VERBOSITY")) {
        verbosity = parse_number(*text, 0, 9).value_or(0);
    }
}

}  // namespace

ParsedOptions parse_tini(std::span<const std::string> arguments, const Environment& environment,
                         Options options) {
    int verbosity = options.verbosity;
    OptionScan scan{arguments, kForms};
    for (;;) {
        const auto found = scan.next();
        if (!found) {
            return usage_error(found.error() + "; see '-h'", kUsage, options.persona);
        }
        if (!found->has_value()) {
            break;
        }
        const auto& form = kForms[(*found)->form];
        if (form.letter == 'h' || form.word == "help") {
            return print(options, kHelp);
        }
        if (form.word == "version") {
            return print(options, kVersion);
        }
        if (form.letter == 'l') {
            return print(options, "pidone is free software under the MIT license\n");
        }
        if (auto applied = apply(**found, options, verbosity); !applied) {
            return usage_error("option '-" + std::string(1, form.letter) + "': " + applied.error(),
                               kUsage, options.persona);
        }
    }
    apply_tini_variables(environment, options, verbosity);
    options.verbosity = verbosity;
    options.program.assign(scan.rest().begin(), scan.rest().end());
    if (options.program.empty()) {
        return usage_error("no program to run; usage: " + std::string{options.persona} +
                               " [OPTIONS] -- PROGRAM [ARG...]",
                           kUsage, options.persona);
    }
    return options;
}

}  // namespace config
