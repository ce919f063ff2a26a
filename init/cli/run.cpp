// SPDX-License-Identifier: MIT
#include "cli/run.hpp"

#include <cerrno>
#include <utility>

#include "cli/check_world.hpp"
#include "cli/client_output.hpp"
#include "cli/config_files.hpp"
#include "log/log.hpp"
#include "runtime/reload_plan.hpp"
#include "runtime/runtime.hpp"
#include "sys/descriptors.hpp"
#include "sys/reap.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"

namespace cli {
namespace {

constexpr int kStandardError = 2;
constexpr int kFirstOfOurs = 3;
constexpr base::Duration kReaderPatience{250};

logging::Level level_of(int verbosity) {
    if (verbosity <= 0) {
        return logging::Level::Quiet;
    }
    return verbosity == 1 ? logging::Level::Normal : logging::Level::Debug;
}

std::string base_name(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

// Command mode is service mode with one synthetic service.
core::Spec command_spec(const config::Options& options) {
    core::Spec spec;
    spec.mode = core::Mode::Command;
    spec.command = options.settings;
    spec.command.exec_failure_code = options.exec_failure_code;
    if (!options.settings.is_pause) {
        core::ServiceSpec program;
        program.name = base_name(options.program.front());
        program.command = options.program;
        spec.services.push_back(std::move(program));
    }
    return spec;
}

// Orphans must come to us: as PID 1 they do, elsewhere a subreaper gets those below it (prctl(2)).
void adopt_orphans(const config::Options& options, bool is_init, logging::Logger& log) {
    if (is_init) {
        return;
    }
    if (!options.is_subreaper) {
        const bool has_option = options.persona != "dumb-init" && options.persona != "catatonit" &&
                                options.persona != "podman-init";
        log.warn("not running as PID 1 and not a subreaper, so zombies are not reaped; {}",
                 has_option ? "use -s" : "set PIDONE_SUBREAPER=1");
        return;
    }
    if (const auto made = sys::become_subreaper(); !made) {
        log.warn("cannot become a subreaper, so zombies are not reaped: {}",
                 logging::error_text(made.error().code));
    }
}

// The signal is for us: when whoever started pidone dies, pidone gets it and forwards it. False
// when the parent is gone already.
bool follow_parent(const config::Options& options, base::Pid parent, logging::Logger& log) {
    if (options.parent_death_signal == base::Signal::None) {
        return true;
    }
    const auto set = sys::set_parent_death_signal(options.parent_death_signal, parent);
    if (!set && set.error().code == ESRCH) {
        log.error(
            "the parent process has ended already (parent-death-signal); nothing was started");
        return false;
    }
    if (!set) {
        log.warn("cannot ask for {} at the parent's death: {}",
                 base::to_string(options.parent_death_signal).view(),
                 logging::error_text(set.error().code));
    }
    return true;
}

// A limit that is too low would show as a failed start at some later moment.
std::string missing_descriptors(const core::Spec& spec) {
    const auto needed = runtime::descriptors_for(spec);
    const auto limit = sys::raise_nofile(needed);
    if (limit >= needed) {
        return {};
    }
    return logging::format(
        "needs {} descriptors for {} services, but the hard limit is {}; raise it (compose: "
        "ulimits: nofile)",
        needed, spec.services.size(), limit);
}

/// `pidone reload`: the same files, with the same checks, and those of `pidone check` for what is
/// to start. A start does without these: what they miss ends it, here it would end what is well.
class Reader final : public runtime::SpecLoader {
  public:
    explicit Reader(const std::vector<std::string>& paths) : paths_{paths} {}

    [[nodiscard]] base::Result<core::Spec, std::string> load(
        const core::Spec& present) const override {
        auto loaded = load_config(paths_, kOutcome);
        std::string errors;
        if (loaded) {
            check_world(*loaded, Absence::Error, runtime::plan_reload(present, loaded->spec).from);
            errors = all_errors(loaded->diagnostics, kOutcome);
        } else {
            errors = std::move(loaded.error());
        }
        if (!errors.empty()) {
            print_refusal(errors);
            return base::unexpected{std::move(errors)};
        }
        if (auto missing = missing_descriptors(loaded->spec); !missing.empty()) {
            return base::unexpected{std::move(missing)};
        }
        return std::move(loaded->spec);
    }

  private:
    static constexpr std::string_view kOutcome = "nothing was changed";

    const std::vector<std::string>& paths_;
};

int run_spec(core::Spec spec, const runtime::Settings& settings, logging::Logger& log) {
    auto runtime = runtime::Runtime::create(std::move(spec), settings, log);
    if (!runtime) {
        log.error("cannot start: {}: {}", runtime.error().op,
                  logging::error_text(runtime.error().code));
        return base::kExitSystem;
    }
    if (!(*runtime)->load_schedules()) {
        return base::kExitConfig;
    }
    return (*runtime)->open_sockets() ? (*runtime)->run() : base::kExitSystem;
}

}  // namespace

int run_init(const config::Options& options) {
    const auto parent = sys::parent_pid();
    const bool is_init = sys::own_pid() == base::Pid::Init;
    const bool is_service_mode = options.action == config::Options::Action::RunService;
    const Reader reader{options.paths};
    const runtime::Settings settings{.is_init = is_init,
                                     .serves_control = is_service_mode,
                                     .sigchld_was_ignored = sys::take_sigchld_default(),
                                     .closed_standard = sys::ensure_standard_descriptors(),
                                     .loader = is_service_mode ? &reader : nullptr};
    if (is_service_mode) {
        // Services get 0 to 2 and what their file names; whatever else came along stays with
        // nobody. Before anything of ours is open.
        sys::close_from(kFirstOfOurs);
    }
    logging::Logger log{sys::LineSink::open(kStandardError), options.persona,
                        level_of(options.verbosity)};
    adopt_orphans(options, is_init, log);
    if (!follow_parent(options, parent, log)) {
        return base::kExitSystem;
    }
    if (!is_service_mode) {
        return run_spec(command_spec(options), settings, log);
    }
    auto loaded = load_config(options.paths);
    if (!loaded) {
        print_refusal(loaded.error());
        return base::kExitConfig;
    }
    if (loaded->spec.log_format == core::LogFormat::Json) {
        log.set_format(logging::Format::Json);
    }
    if (const auto missing = missing_descriptors(loaded->spec); !missing.empty()) {
        log.error("{}", missing);
        return base::kExitSystem;
    }
    return run_spec(std::move(loaded->spec), settings, log);
}

void print_refusal(std::string_view refusal) {
    const auto shown = printable_lines(refusal);
    std::string_view text{shown};
    auto sink = sys::LineSink::open(kStandardError);
    bool is_read = true;
    while (!text.empty() && is_read) {
        // As many whole lines as one write takes.
        const auto end = text.substr(0, sys::LineSink::kMaxLine).rfind('\n');
        const auto part = text.substr(0, end == text.npos ? sys::LineSink::kMaxLine : end + 1);
        sink.drain(kReaderPatience);
        is_read = sink.try_write(part);
        text.remove_prefix(part.size());
    }
    sink.drain(kReaderPatience);
}

}  // namespace cli
