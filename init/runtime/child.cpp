// SPDX-License-Identifier: MIT
#include "runtime/child.hpp"

#include <optional>
#include <utility>

#include "runtime/child_directories.hpp"
#include "runtime/child_environment.hpp"
#include "runtime/child_error.hpp"
#include "runtime/child_execute.hpp"
#include "runtime/child_privileges.hpp"
#include "runtime/child_setup.hpp"
#include "runtime/child_templates.hpp"
#include "runtime/child_user.hpp"
#include "runtime/child_wait.hpp"
#include "sys/child_process.hpp"
#include "sys/descriptors.hpp"
#include "sys/environment.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"

namespace runtime {
namespace {

constexpr int kStandardOutput = 1;
constexpr int kStandardError = 2;

// From here on TERM ends this process and whatever it runs for its set-up.
ChildResult<void> become_session() {
    if (const auto made = sys::new_session(); !made) {
        return fail(Stage::Session, base::kExitSystem, made.error().code,
                    "cannot make a session of its own");
    }
    sys::reset_dispositions();
    sys::restore_mask(0);
    sys::restore_nofile();
    return {};
}

// Without it /dev/stdout is EACCES for a service that changed its user: the pipe is its creator's.
void open_output_to(const std::optional<sys::User>& user) {
    if (!user || is_current_user(*user)) {
        return;
    }
    for (const int fd : {kStandardOutput, kStandardError}) {
        (void)sys::make_output_openable(fd, user->uid);
    }
}

// The readiness descriptor may have to take the number that the status pipe happens to have.
ChildResult<void> install_ready_descriptor(int ready_fd, int number, int& status_fd) {
    if (ready_fd < 0) {
        return {};
    }
    base::Result<void> installed;
    if (status_fd == number) {
        const auto moved = sys::move_descriptor(status_fd, number + 1);
        if (moved) {
            status_fd = *moved;
        } else {
            installed = base::unexpected<base::Errno>{moved.error()};
        }
    }
    if (installed) {
        installed = sys::install_descriptor(ready_fd, number);
    }
    if (!installed) {
        return fail(Stage::Descriptors, base::kExitSystem, installed.error().code,
                    "cannot make the readiness descriptor " + std::to_string(number));
    }
    return {};
}

// Set-up in the order that the manual promises; returns the environment of the service.
ChildResult<VariableTable> set_up(const core::ServiceSpec& service,
                                  const std::optional<sys::User>& user, int status_fd) {
    auto variables = make_environment(service.child, sys::environment_entries(), user);
    if (!variables) {
        return variables;
    }
    // By this PID 1 recognises what a service left behind, whatever session it fled to.
    variables->set("PIDONE_SERVICE", service.name);
    auto done = make_directories(service, user);
    if (done) {
        done = render_templates(service.child, *variables, user);
    }
    if (done) {
        done = wait_for_endpoints(service, status_fd);
    }
    if (done) {
        done = run_setup(service, *variables, user, status_fd);
    }
    if (!done) {
        return base::unexpected<ChildError>{std::move(done.error())};
    }
    return variables;
}

ChildError become_main_process(const core::ServiceSpec& service, const ChildContext& context,
                               int& status_fd) {
    if (auto session = become_session(); !session) {
        return std::move(session.error());
    }
    auto user = find_user(service.child.user);
    if (!user) {
        return std::move(user.error());
    }
    open_output_to(*user);
    auto variables = set_up(service, *user, status_fd);
    if (!variables) {
        return std::move(variables.error());
    }
    // Only now: a set-up step that knows sd_notify(3) would announce the service too early.
    if (!context.notify_socket.empty()) {
        variables->set("NOTIFY_SOCKET", context.notify_socket);
    }
    if (service.watchdog) {
        using std::chrono::microseconds;
        const auto own_pid = std::to_string(base::raw(sys::own_pid()));
        variables->set("WATCHDOG_USEC", std::to_string(microseconds{*service.watchdog}.count()));
        variables->set("WATCHDOG_PID", own_pid);
    }
    if (auto ready =
            install_ready_descriptor(context.ready_fd, service.ready.descriptor, status_fd);
        !ready) {
        return std::move(ready.error());
    }
    if (auto become = become_service(service, *user, Role::Service); !become) {
        return std::move(become.error());
    }
    announce_execute(status_fd);
    return execute_program(service.command, variables->entries());
}

}  // namespace

void run_child(const core::ServiceSpec& spec, const ChildContext& context) {
    int status_fd = context.status_fd;
    const auto error = become_main_process(spec, context, status_fd);
    give_up(status_fd, spec.name, error);
}

}  // namespace runtime
