// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "base/exit_status.hpp"
#include "core/spec.hpp"

/// What the end of a process means: pure questions without state.
namespace core {

/// True for the signals that stop the container in service mode: TERM, INT, QUIT, PWR and RTMIN+3.
[[nodiscard]] bool is_stop_signal(Signal signal);

/// True when `status` is death by `signal`, or the exit code 128 + n with which programs and shells
/// report it. `Signal::None` matches nothing.
[[nodiscard]] bool is_end_by(const base::ExitStatus& status, Signal signal);

/// True when `status` is one of `spec`'s success codes, or the end that `asked`, the signal we sent
/// to stop it, asked for.
[[nodiscard]] bool is_success(const ServiceSpec& spec, const base::ExitStatus& status,
                              Signal asked);

/// The container's exit code when `spec` fails with `status`: the shell's code, and the
/// unexpected-exit-code where that would read as success. Never 0 unless that key is 0.
[[nodiscard]] int failure_code(const ServiceSpec& spec, const base::ExitStatus& status);

/// `code` after -e CODE[:CODE]; the first entry that names it counts.
[[nodiscard]] int remap(const CommandSettings& settings, int code);

/// Where `routes` sends `signal`; null when they do not name it.
[[nodiscard]] const SignalRoute* find_route(std::span<const SignalRoute> routes, Signal signal);

}  // namespace core
