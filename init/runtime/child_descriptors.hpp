// SPDX-License-Identifier: MIT
#pragma once

#include "core/spec.hpp"
#include "runtime/child_environment.hpp"
#include "runtime/child_error.hpp"

namespace runtime {

/// Closes this child's copies of whatever is PID 1's own: a connection or a socket that PID 1
/// closes would else stay open for as long as a set-up takes.
void close_foreign(const ChildContext& context);

/// Makes the pipes to the log pump, where the service has them, standard output and standard error.
void install_outputs(const ChildContext& context);

/// Puts what the service shall find where it looks for it: the sockets of `listen` at 3 and behind
/// it (sd_listen_fds(3)), blocking, and the readiness descriptor at its number. Both survive the
/// execve. The status pipe may move.
[[nodiscard]] ChildResult<void> install_descriptors(const core::ServiceSpec& service,
                                                    ChildContext& context);

/// Tells the service about them and about its notification socket and watchdog: LISTEN_*,
/// NOTIFY_SOCKET, WATCHDOG_*.
void name_descriptors(const core::ServiceSpec& service, const ChildContext& context,
                      VariableTable& variables);

}  // namespace runtime
