// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/spec.hpp"

namespace runtime {

/// How far a child got before it could not go on.
enum class Stage : std::uint8_t {
    Session,      ///< setsid, setpgid
    Descriptors,  ///< the readiness descriptor, standard output made openable
    Environment,  ///< environment-file, secrets
    User,         ///< looking up `user` or an owner
    Directories,
    Templates,
    WaitFor,
    Setup,
    Limits,
    Privileges,  ///< capabilities, no-new-privileges, setgroups, setgid, setuid
    WorkingDirectory,
    Execute,
};

/// StartFailure::exit_code of the messages that are none. With Stage::Execute: "the set-up is done,
/// execve comes next"; with another stage: `text` is what the set-up is at, for `pidone why`.
/// Service mode writes it so that PID 1 can tell the end of file that execve makes from the
/// one that a death makes.
inline constexpr std::uint8_t kNoFailure = 0;

/// What a child that cannot start writes to its status pipe before it exits with `exit_code`. Fixed
/// size below PIPE_BUF, so the write is atomic and the parent needs no memory. An end of file
/// without a message means that execve succeeded.
struct StartFailure {
    Stage stage = Stage::Execute;
    std::uint8_t exit_code = 71;
    std::int32_t error_number = 0;  ///< errno, or 0
    char text[488] = {};  ///< what failed and the remedy, NUL-terminated, without the errno text
};

/// What a child takes over from PID 1 besides its spec.
struct ChildContext {
    int status_fd = -1;          ///< close-on-exec write end of the status pipe
    int ready_fd = -1;           ///< write end for Readiness::Kind::Descriptor, or -1
    std::string notify_socket;   ///< value for NOTIFY_SOCKET ("@..."), or "" = do not set one
    std::vector<int> sockets;    ///< of `listen`, in its order
    bool tells_failure = false;  ///< a failing health probe says why
    std::array<int, 2> outputs{-1, -1};  ///< pipes for 1 and 2, or -1 = those of PID 1
};

/// The whole life of a service's child of PID 1 up to execve. PID 1 has one thread, so the child
/// may allocate, block and read files: new session, default dispositions, empty mask; environment,
/// directories, templates, wait-for, setup steps, limits, privileges; execve.
[[noreturn]] void run_child(const core::ServiceSpec& spec, const ChildContext& context);

/// The readiness probe of a service: tries until it succeeds, then exits with 0. Killed from
/// outside when nobody waits for it any more.
[[noreturn]] void run_ready_probe(const core::ServiceSpec& spec, const ChildContext& context);

/// One look at the health of a service: tries once, and exits with 0 when it is healthy. Killed
/// with its group when it takes longer than its timeout.
[[noreturn]] void run_health_probe(const core::ServiceSpec& spec, const ChildContext& context);

/// The before-stop command of a service, run as its user with its environment; exits with the
/// command's code.
[[noreturn]] void run_hook(const core::ServiceSpec& spec, const ChildContext& context);

}  // namespace runtime
