// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "config/option_scan.hpp"
#include "config/option_values.hpp"
#include "config/persona.hpp"

// dumb-init 1.2.5 (its README).
namespace config {
namespace {

constexpr int kUsage = 1;
constexpr int kExecFailure = 2;

constexpr const char* kVersion = "dumb-init v1.2.5 (pidone " PIDONE_VERSION ")\n";

constexpr const char* kHelp =
    "Usage: dumb-init [OPTION]... PROGRAM [ARG...]\n\n"
    "pidone in the place of dumb-init: runs PROGRAM in a session of its own, forwards\n"
    "signals to that session's group, reaps zombies.\n\n"
    "  -c, --single-child   no session, signals go to the program alone\n"
    "  -r, --rewrite S:R    forward signal number R where S came (R = 0 drops it)\n"
    "  -v, --verbose        say more\n"
    "  -h, --help           show this help and exit\n"
    "  -V, --version        show the version and exit\n\n"
    "Variables: DUMB_INIT_DEBUG=1, DUMB_INIT_SETSID=0\n";

constexpr std::array<OptionForm, 5> kForms{{{'c', "single-child", false},
                                            {'r', "rewrite", true},
                                            {'v', "verbose", false},
                                            {'h', "help", false},
                                            {'V', "version", false}}};

/// Numbers only, 1..31 to 0..31.
Checked read_rewrite(std::string_view text, core::CommandSettings& settings) {
    const auto colon = text.find(':');
    const auto from = parse_number(text.substr(0, colon), 1, 31);
    const auto to = colon == std::string_view::npos ? std::nullopt
                                                    : parse_number(text.substr(colon + 1), 0, 31);
    if (!from || !to) {
        return base::unexpected("expected S:R, signal numbers from 1 to 31 (R may be 0), got '" +
                                std::string{text} + "'");
    }
    set_rewrite({core::Signal{*from}, core::Signal{*to}}, settings);
    return {};
}

/// The leader of a session of its own is an orphaned group, where the kernel drops the terminal's
/// stop signals; SIGSTOP does what they mean.
void rewrite_terminal_stops(core::CommandSettings& settings) {
    for (const auto signal : {base::kSigTstp, base::kSigTtin, base::kSigTtou}) {
        const bool is_set = std::any_of(settings.rewrites.begin(), settings.rewrites.end(),
                                        [&](const auto& route) { return route.from == signal; });
        if (!is_set) {
            settings.rewrites.push_back({signal, base::kSigStop});
        }
    }
}

}  // namespace

ParsedOptions parse_dumb_init(std::span<const std::string> arguments,
                              const Environment& environment, Options options) {
    options.exec_failure_code = kExecFailure;
    bool has_session = environment.get("DUMB_INIT_SETSID") != "0";
    // dumb-init says errors only, unless told otherwise; that orphans escape it is not one.
    options.verbosity = environment.get("DUMB_INIT_DEBUG") == "1" || options.verbosity > 1 ? 2 : 0;
    OptionScan scan{arguments, kForms};
    for (;;) {
        const auto found = scan.next();
        if (!found) {
            return usage_error(found.error() + "; see '--help'", kUsage, options.persona);
        }
        if (!found->has_value()) {
            break;
        }
        switch (kForms[(*found)->form].letter) {
        case 'c':
            has_session = false;
            break;
        case 'v':
            options.verbosity = 2;
            break;
        case 'h':
            options.text_to_stderr = true;
            return print(options, kHelp);
        case 'V':
            options.text_to_stderr = true;
            return print(options, kVersion);
        default:
            if (auto set = read_rewrite((*found)->value, options.settings); !set) {
                return usage_error("option '-r': " + set.error(), kUsage, options.persona);
            }
        }
    }
    options.program.assign(scan.rest().begin(), scan.rest().end());
    if (options.program.empty()) {
        return usage_error("no program to run; usage: dumb-init [OPTION]... PROGRAM [ARG...]",
                           kUsage, options.persona);
    }
    options.settings.new_session = has_session;
    options.settings.signals_group = options.settings.signals_group || has_session;
    if (has_session) {
        rewrite_terminal_stops(options.settings);
    }
    return options;
}

}  // namespace config
