// SPDX-License-Identifier: MIT
#include "runtime/child.hpp"

#include <optional>
#include <utility>

#include "runtime/child_descriptors.hpp"
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

ChildError become_main_process(const core::ServiceSpec& service, ChildContext& context) {
    install_outputs(context);
    close_foreign(context);
    if (auto session = become_session(); !session) {
        return std::move(session.error());
    }
    auto user = find_user(service.child.user);
    if (!user) {
        return std::move(user.error());
    }
    open_output_to(*user);
    auto variables = set_up(service, *user, context.status_fd);
    if (!variables) {
        return std::move(variables.error());
    }
    // Only now: a set-up step that knows sd_notify(3) would announce the service too early.
    name_descriptors(service, context, *variables);
    if (auto installed = install_descriptors(service, context); !installed) {
        return std::move(installed.error());
    }
    if (auto become = become_service(service, *user, Role::Service); !become) {
        return std::move(become.error());
    }
    announce_execute(context.status_fd);
    return execute_program(service.command, variables->entries());
}

}  // namespace

void run_child(const core::ServiceSpec& spec, const ChildContext& context) {
    auto own = context;
    const auto error = become_main_process(spec, own);
    give_up(own.status_fd, spec.name, error);
}

}  // namespace runtime
