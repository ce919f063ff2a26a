// SPDX-License-Identifier: MIT
#include "runtime/child_command.hpp"

#include <cstddef>

#include "runtime/child_execute.hpp"
#include "sys/environment.hpp"
#include "sys/fd.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"
#include "sys/terminal.hpp"

namespace runtime {
namespace {

constexpr int kStandardInput = 0;

// None of it is needed by the program: what is no terminal, or not ours, stays as it is.
void take_place(const ChildContext& context) {
    if (context.command.new_session) {
        (void)sys::new_session();
        (void)sys::acquire_terminal(kStandardInput);
        return;
    }
    (void)sys::set_group(base::Pid::None, base::Pid::None);
    if (context.controlling_terminal >= 0) {
        (void)sys::set_foreground_group(context.controlling_terminal, sys::own_pid());
    }
}

}  // namespace

std::vector<std::string> handed_on_environment(std::vector<std::string> entries, int init,
                                               int child) {
    const auto ours = "LISTEN_PID=" + std::to_string(init);
    for (auto& entry : entries) {
        if (entry == ours) {
            entry = "LISTEN_PID=" + std::to_string(child);
        }
    }
    return entries;
}

ChildError become_program(const core::ServiceSpec& service, const ChildContext& context) {
    take_place(context);
    const auto environment = handed_on_environment(
        sys::environment_entries(), base::raw(sys::parent_pid()), base::raw(sys::own_pid()));
    for (std::size_t fd = 0; fd < context.closed_standard.size(); ++fd) {
        if (context.closed_standard[fd]) {
            (void)sys::UniqueFd{static_cast<int>(fd)};
        }
    }
    if (context.sigchld_was_ignored) {
        sys::ignore_sigchld();
    }
    // Last of all: a signal that was forwarded since the fork finds the default or an ignored
    // disposition, as it would in the program itself, and never a handler of ours.
    sys::restore_mask(context.original_mask);
    auto failure = execute_program(service.command, environment);
    failure.exit_code = context.command.exec_failure_code.value_or(failure.exit_code);
    return failure;
}

}  // namespace runtime
