// SPDX-License-Identifier: MIT
#include "cli/check_world.hpp"

#include <algorithm>

#include "cli/check_environment.hpp"
#include "config/render.hpp"
#include "log/log.hpp"
#include "runtime/scheduler.hpp"
#include "sys/environment.hpp"
#include "sys/files.hpp"
#include "sys/users.hpp"

namespace cli {
namespace {

constexpr std::size_t kMaxTemplate = 4 * 1024 * 1024;
constexpr const char* kDefine =
    "'environment', 'secrets' or the environment of the container can define it";

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string quoted(const std::string& text) {
    return "'" + text + "'";
}

/// The checks of one service.
class WorldCheck {
  public:
    WorldCheck(const core::ServiceSpec& service, const config::ServiceOrigin& origin,
               WorldComplaints complaints)
        : spec_{service}, origin_{origin}, complaints_{complaints} {}

    void run(bool is_sound) {
        check_programs();
        check_user(spec_.child.user, origin_.user);
        check_files();
        check_directories();
        check_supervision();
        auto known = check_environment(spec_.child, origin_, complaints_);
        // What is wrong in the files themselves may be why a name is missing.
        known.is_complete = known.is_complete && is_sound;
        check_templates(known);
    }

  private:
    void absent(config::SourcePos pos, std::string_view message, std::string_view hint = "") {
        complaints_.absent(pos, message, hint);
    }

    [[nodiscard]] std::string search_path() const {
        for (const auto& [name, value] : spec_.child.environment) {
            if (name == "PATH") {
                return value;
            }
        }
        return std::string{sys::get_variable("PATH").value_or("/bin:/usr/bin")};
    }

    /// A file that one of the templates writes is there in time.
    [[nodiscard]] bool is_rendered(const std::string& path) const {
        return std::any_of(spec_.child.templates.begin(), spec_.child.templates.end(),
                           [&](const auto& file) { return file.target == path; });
    }

    /// A directory that is there, or that the service has made.
    [[nodiscard]] bool will_be_directory(const std::string& path) const {
        if (sys::kind_of(path) == sys::FileKind::Directory) {
            return true;
        }
        // Making a directory makes its parents.
        const auto covers = [&](const std::string& made) {
            return made == path || made.starts_with(path + "/");
        };
        return std::any_of(spec_.child.directories.begin(), spec_.child.directories.end(),
                           [&](const auto& directory) { return covers(directory.path); }) ||
               std::any_of(spec_.child.setup.begin(), spec_.child.setup.end(),
                           [&](const auto& step) { return covers(step.creates); });
    }

    void check_program(const std::vector<std::string>& command, config::SourcePos pos) {
        if (command.empty() || is_rendered(command.front())) {
            return;
        }
        const auto& program = command.front();
        // A relative path counts from the working directory, which need not exist yet.
        if (program.find('/') != std::string::npos && !program.starts_with('/')) {
            return;
        }
        if (program.starts_with('/')) {
            const auto kind = sys::kind_of(program);
            if (kind == sys::FileKind::None) {
                absent(pos, "program " + quoted(program) + " does not exist",
                       program.find(' ') == std::string::npos
                           ? ""
                           : "each argument is a string of its own: [\"/path/to/program\", "
                             "\"argument\"]");
            } else if (!sys::is_executable(program)) {
                absent(pos, "program " + quoted(program) + " cannot be executed",
                       "it must be a file with an x bit for the user");
            }
            return;
        }
        const auto path = search_path();
        if (const auto found = sys::find_program(program, path); !found) {
            absent(pos, "program " + quoted(program) + " in PATH " + quoted(path) + ": " +
                            logging::error_text(found.error().code));
        }
    }

    void check_programs() {
        check_program(spec_.command, origin_.command);
        for (std::size_t i = 0; i < spec_.child.setup.size(); ++i) {
            const auto& step = spec_.child.setup[i];
            check_program(step.command, origin_.setup_commands[i]);
            const bool has_stdin = step.stdin_path.empty() || is_rendered(step.stdin_path);
            if (!has_stdin && !sys::exists(step.stdin_path)) {
                absent(origin_.setup_stdin[i],
                       "file " + quoted(step.stdin_path) + " does not exist");
            }
            // A warning, because the command of a step may make it.
            if (!step.once.empty() && !will_be_directory(parent_of(step.once))) {
                complaints_.diagnostics().warning(
                    origin_.setup_once[i],
                    "directory " + quoted(parent_of(step.once)) + " does not exist",
                    "'directories' makes it, unless the step does");
            }
        }
        check_program(spec_.before_stop.command, origin_.before_stop);
        check_program(spec_.ready.command, origin_.ready);
        check_program(spec_.health.command, origin_.health);
    }

    void check_user(const std::string& user, config::SourcePos pos) {
        if (user.empty()) {
            return;
        }
        if (const auto found = sys::lookup_user(user); !found) {
            absent(pos, found.error());
        }
    }

    void check_files() {
        for (std::size_t i = 0; i < spec_.child.environment_files.size(); ++i) {
            const auto& file = spec_.child.environment_files[i];
            if (!file.is_optional && !sys::exists(file.path)) {
                absent(origin_.environment_files[i],
                       "file " + quoted(file.path) + " does not exist",
                       "a leading '-' makes it optional");
            }
            const auto kind = sys::kind_of(file.path);
            if (kind == sys::FileKind::Directory || kind == sys::FileKind::Other) {
                absent(origin_.environment_files[i],
                       "file " + quoted(file.path) + " is not a regular file");
            }
        }
        const auto& directory = spec_.child.working_directory;
        if (!directory.empty() && !will_be_directory(directory)) {
            absent(origin_.working_directory, "directory " + quoted(directory) + " does not exist");
        }
    }

    void check_directories() {
        for (std::size_t i = 0; i < spec_.child.directories.size(); ++i) {
            const auto& directory = spec_.child.directories[i];
            check_user(directory.owner, origin_.directory_owners[i]);
            check_makeable(directory.path, origin_.directories[i]);
        }
    }

    /// A directory that is made with its parents: what of them is there must be directories.
    void check_makeable(std::string path, config::SourcePos pos) {
        while (path.size() > 1 && !sys::exists(path)) {
            path = parent_of(path);
        }
        if (!path.empty() && sys::kind_of(path) != sys::FileKind::Directory) {
            absent(pos, quoted(path) + " is no directory");
        }
    }

    void check_log_file(const std::string& path, config::SourcePos pos) {
        check_makeable(parent_of(path), pos);
        const auto kind = sys::kind_of(path, sys::Links::Refuse);
        if (kind == sys::FileKind::Directory) {
            absent(pos, quoted(path) + " is a directory");
        } else if (kind == sys::FileKind::Other) {
            absent(pos, quoted(path) + " is not a regular file",
                   "a link, device or FIFO is not written to; the standard output of pidone gets "
                   "the lines without 'file'");
        }
    }

    void check_supervision() {
        for (std::size_t i = 0; i < spec_.listen.size(); ++i) {
            const auto& socket = spec_.listen[i];
            if (socket.endpoint.kind == base::Endpoint::Kind::Unix) {
                check_makeable(parent_of(socket.endpoint.path), origin_.listen[i]);
            }
            check_user(socket.owner, origin_.listen_owners[i]);
        }
        if (!spec_.log.file.empty()) {
            check_log_file(spec_.log.file, origin_.log_file);
        }
        const auto zone = runtime::load_time_zone(spec_.schedule.timezone);
        if (!zone) {
            absent(origin_.timezone,
                   "timezone " + quoted(spec_.schedule.timezone) + ": " + zone.error());
        }
    }

    void check_templates(const KnownNames& known) {
        for (std::size_t i = 0; i < spec_.child.templates.size(); ++i) {
            const auto& file = spec_.child.templates[i];
            check_user(file.owner, origin_.template_owners[i]);
            check_template_source(file.source, origin_.template_sources[i], known);
            if (!file.target.empty() && !will_be_directory(parent_of(file.target))) {
                absent(origin_.template_targets[i],
                       "directory " + quoted(parent_of(file.target)) + " does not exist",
                       "'directories' makes it");
            }
        }
    }

    void check_template_source(const std::string& source, config::SourcePos pos,
                               const KnownNames& known) {
        if (source.empty()) {
            return;
        }
        auto text = sys::read_file(source, kMaxTemplate);
        if (!text) {
            absent(pos,
                   "template " + quoted(source) + ": " + logging::error_text(text.error().code));
            return;
        }
        const auto errors = config::check_template(*text, known.variables);
        if (errors.empty()) {
            return;
        }
        auto& diagnostics = complaints_.diagnostics();
        const int file = diagnostics.add_source(source, *std::move(text));
        for (const auto& error : errors) {
            const config::SourcePos place{file, error.line, error.column, 1};
            if (!error.is_undefined) {
                diagnostics.error(place, error.message);
            } else if (known.is_complete) {
                absent(place, error.message, kDefine);
            } else {
                diagnostics.warning(place, error.message, kDefine);
            }
        }
    }

    const core::ServiceSpec& spec_;
    const config::ServiceOrigin& origin_;
    WorldComplaints complaints_;
};

}  // namespace

void check_world(config::Loaded& loaded, Absence absence, std::span<const core::Successor> from) {
    const bool is_sound = loaded.diagnostics.error_count() == 0;
    for (std::size_t i = 0; i < loaded.spec.services.size(); ++i) {
        const auto& service = loaded.spec.services[i];
        const bool is_same = !from.empty() && from[i].is_same;
        if (service.is_enabled && !is_same) {
            WorldCheck{service, loaded.origins[i], {loaded.diagnostics, absence}}.run(is_sound);
        }
    }
    loaded.diagnostics.drop_repeats();
}

}  // namespace cli
