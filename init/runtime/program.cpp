// SPDX-License-Identifier: MIT
#include "runtime/program.hpp"

#include <cerrno>
#include <string_view>

#include "runtime/child_execute.hpp"
#include "sys/environment.hpp"
#include "sys/files.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"

namespace runtime {
namespace {

constexpr std::string_view kListenPid = "LISTEN_PID=";

}  // namespace

std::vector<const char*> handed_on_environment(const char* const* entries, int init,
                                               std::string& listen_pid) {
    const auto ours = std::string{kListenPid} + std::to_string(init);
    listen_pid.clear();
    std::vector<const char*> result;
    for (; entries != nullptr && *entries != nullptr; ++entries) {
        if (*entries == ours) {
            listen_pid = std::string{kListenPid} + std::string(sys::kPidDigits, '\0');
            result.push_back(listen_pid.c_str());
        } else {
            result.push_back(*entries);
        }
    }
    result.push_back(nullptr);
    return result;
}

Program::Program(const core::ServiceSpec& service, const core::CommandSettings& command,
                 bool sigchld_was_ignored, const std::array<bool, 3>& closed_standard)
    : service_{service},
      command_{command},
      search_path_{sys::get_variable("PATH").value_or(sys::kDefaultSearchPath)} {
    start_.candidates = sys::program_candidates(service.command.front(), search_path_);
    start_.argv.push_back(nullptr);
    for (const auto& argument : service.command) {
        start_.argv.push_back(argument.c_str());
    }
    start_.argv.push_back(nullptr);
    start_.environment =
        handed_on_environment(sys::environment(), base::raw(sys::own_pid()), listen_pid_);
    start_.own_pid = listen_pid_.empty() ? nullptr : listen_pid_.data() + kListenPid.size();
    start_.mask = sys::original_mask();
    start_.ignores_sigchld = sigchld_was_ignored;
    start_.new_session = command.new_session;
    start_.is_closed = closed_standard;
    start_.failure_code = command.exec_failure_code.value_or(0);
}

base::Result<base::Pid> Program::start(int terminal, int report) noexcept {
    start_.terminal = terminal;
    start_.report = report;
    return sys::start_program(start_);
}

ChildError Program::failure(int error_number) const {
    const auto& program = service_.command.front();
    auto failure = execution_error(base::Errno{"execve", error_number}, program, search_path_);
    failure.exit_code = command_.exec_failure_code.value_or(failure.exit_code);
    return failure;
}

}  // namespace runtime
