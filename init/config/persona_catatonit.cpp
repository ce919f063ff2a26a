// SPDX-License-Identifier: MIT
#include <array>

#include "config/option_scan.hpp"
#include "config/option_values.hpp"
#include "config/persona.hpp"

// catatonit 0.2.1 and podman-init, which is the same program (its README and CHANGELOG).
namespace config {
namespace {

constexpr int kUsage = 1;
constexpr int kExecFailure = 1;

// It imitates tini's line for `docker info`, so we imitate it.
constexpr const char* kVersion = "tini version 0.2.1_catatonit (pidone " PIDONE_VERSION ")\n";

constexpr const char* kHelp =
    "usage: catatonit [-ghLPV] [--] PROGRAM [ARG...]\n\n"
    "pidone in the place of catatonit: runs PROGRAM, forwards signals, reaps zombies.\n\n"
    "  -g             send signals to the program's process group\n"
    "  -h, --help     show this help and exit\n"
    "  -L             show the license and exit\n"
    "  -P             run no program, reap until TERM or INT (a pause process)\n"
    "  -V, --version  show the version and exit\n\n"
    "Variables: CATATONIT_DEBUG\n";

constexpr std::array<OptionForm, 5> kForms{{{'g', "", false},
                                            {'h', "help", false},
                                            {'L', "", false},
                                            {'P', "", false},
                                            {'V', "version", false}}};

}  // namespace

ParsedOptions parse_catatonit(std::span<const std::string> arguments,
                              const Environment& environment, Options options) {
    options.exec_failure_code = kExecFailure;
    options.is_subreaper = true;  // unasked, as in catatonit; PID 1 needs none
    // catatonit says errors only, unless told otherwise.
    options.verbosity = environment.get("CATATONIT_DEBUG") || options.verbosity > 1 ? 2 : 0;
    if (environment.get("CATATONIT_LOG")) {
        return usage_error("CATATONIT_LOG is reserved; unset it", kUsage, options.persona);
    }
    OptionScan scan{arguments, kForms};
    for (;;) {
        const auto found = scan.next();
        if (!found) {
            return usage_error(found.error() + "; see '-h'", kUsage, options.persona);
        }
        if (!found->has_value()) {
            break;
        }
        switch (kForms[(*found)->form].letter) {
        case 'g':
            options.settings.signals_group = true;
            break;
        case 'P':
            options.settings.is_pause = true;
            break;
        case 'L':
            return print(options, "pidone is free software under the MIT license\n");
        case 'V':
            return print(options, kVersion);
        default:
            return print(options, kHelp);
        }
    }
    options.program.assign(scan.rest().begin(), scan.rest().end());
    if (options.settings.is_pause) {
        options.program.clear();
        return options;
    }
    if (options.program.empty()) {
        return usage_error("no program to run; usage: " + std::string{options.persona} +
                               " [-ghLPV] [--] PROGRAM [ARG...]",
                           kUsage, options.persona);
    }
    return options;
}

}  // namespace config
