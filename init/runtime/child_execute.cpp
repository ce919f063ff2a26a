// SPDX-License-Identifier: MIT
#include "runtime/child_execute.hpp"

#include <cerrno>

#include "sys/child_process.hpp"
#include "sys/files.hpp"
#include "sys/process.hpp"
#include "sys/spawn.hpp"

namespace runtime {
namespace {

std::string_view search_path_of(const std::vector<std::string>& environment) {
    constexpr std::string_view kPath = "PATH=";
    for (const std::string_view entry : environment) {
        if (entry.starts_with(kPath)) {
            return entry.substr(kPath.size());
        }
    }
    return {};
}

ChildError become_command(const core::ServiceSpec& service, const std::optional<sys::User>& user,
                          const ServiceCommand& command) {
    if (auto become = become_service(service, user, Role::Helper); !become) {
        return std::move(become.error());
    }
    const auto input = command.stdin_path.empty() ? std::string{"/dev/null"} : command.stdin_path;
    if (const auto opened = sys::redirect_stdin(input); !opened) {
        return ChildError{.stage = Stage::Setup,
                          .exit_code = base::kExitSystem,
                          .error_number = opened.error().code,
                          .text = "'stdin' '" + input + "' cannot be opened"};
    }
    if (command.discards_output) {
        sys::discard_output();
    }
    return execute_program(command.argv, command.environment);
}

}  // namespace

ChildError execution_error(const base::Errno& error, const std::string& program,
                           std::string_view search_path) {
    const bool has_slash = program.find('/') != std::string::npos;
    ChildError result{
        .stage = Stage::Execute,
        .exit_code = error.code == ENOENT ? base::kExitNotFound : base::kExitNotExecutable,
        .error_number = error.code,
        .text = "cannot execute '" + program + "'"};
    if (error.code == ENOENT && !has_slash) {
        result.text = "cannot find '" + program + "' in PATH '" + std::string{search_path} + "'";
    } else if (error.code == ENOENT && sys::exists(program)) {
        result.text += ": it is there, but the interpreter or loader that it names is not";
    } else if (error.code == ENOEXEC) {
        result.text += ": it is no program for this machine and does not start with '#!'";
    } else if (error.code == EACCES && sys::kind_of(program) == sys::FileKind::Directory) {
        result.text += ": it is a directory";
    }
    return result;
}

ChildError execute_program(const std::vector<std::string>& argv,
                           const std::vector<std::string>& environment) {
    const auto error = sys::execute(argv, environment);
    return execution_error(error, argv.empty() ? std::string{} : argv.front(),
                           search_path_of(environment));
}

ChildResult<base::ExitStatus> run_as_service(const core::ServiceSpec& service,
                                             const std::optional<sys::User>& user,
                                             const ServiceCommand& command) {
    auto pipe = sys::pipe_cloexec();
    const auto pid = pipe ? sys::fork_child() : base::unexpected<base::Errno>{pipe.error()};
    if (!pid) {
        return fail(Stage::Setup, base::kExitSystem, pid.error().code,
                    "cannot start '" + command.argv.front() + "'");
    }
    if (*pid == base::Pid::None) {
        give_up(pipe->write.get(), service.name, become_command(service, user, command));
    }
    pipe->write.reset();
    StartFailure failure;
    const bool has_failed =
        sys::read_fully(pipe->read.get(), &failure, sizeof failure) == sizeof failure;
    const auto status = sys::wait_for_child(*pid);
    if (has_failed) {
        return fail(failure.stage, failure.exit_code, failure.error_number, failure.text);
    }
    if (!status) {
        return fail(Stage::Setup, base::kExitSystem, status.error().code,
                    "cannot wait for '" + command.argv.front() + "'");
    }
    return *status;
}

}  // namespace runtime
