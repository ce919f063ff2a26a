// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_status.hpp"
#include "base/pid.hpp"
#include "base/result.hpp"

/// What a forked child does with itself before it becomes another program. Nothing here is for
/// PID 1: it may block and allocate.
namespace sys {

/// Gives every signal its default disposition and unblocks all of them; what was pending is
/// delivered at once. See signal(7).
void reset_signals();

/// Sets the signal mask to `mask` (bit n - 1 = signal n), glibc's own two signals included.
void set_signal_mask(std::uint64_t mask);

/// SIGCHLD back to ignored, for a program that was to inherit it so.
void ignore_child_signal();

/// Makes the caller the leader of a new session without a terminal. See setsid(2).
[[nodiscard]] base::Result<void> start_session();

/// Makes the caller the leader of a process group of its own; nothing to do for a session leader.
void lead_group();

/// Makes the caller's group the foreground group of `terminal`. That it is no terminal, or not
/// ours, is no error. The caller blocks SIGTTOU. See tcsetpgrp(3).
void take_foreground(int terminal);

/// Makes the terminal on standard input the controlling one of the caller's new session, if it can
/// be had.
void adopt_terminal();

/// Lets programs that run as another user reopen /dev/stdout and /dev/stderr: an inherited pipe is
/// made writable for all. What may not be changed stays as it is.
void open_output_for_others();

/// Duplicates `descriptor` to a number that is at least `lowest`, close-on-exec.
[[nodiscard]] base::Result<int> move_descriptor(int descriptor, int lowest);

/// Makes `target` a duplicate of `descriptor` that survives execve. See dup2(2).
[[nodiscard]] base::Result<void> install_descriptor(int descriptor, int target);

/// Opens `path` as standard input. Blocks as open(2) does.
[[nodiscard]] base::Result<void> redirect_stdin(const std::string& path);

/// Sends standard output and standard error to /dev/null.
void silence_output();

/// Writes all of `text` to standard error, whatever becomes of it.
void say(std::string_view text);

/// The variables of this process, "NAME=value".
[[nodiscard]] std::vector<std::string> inherited_environment();

/// A write end that execve closes, and its read end.
struct StatusPipe {
    int read_end = -1;
    int write_end = -1;
};
[[nodiscard]] base::Result<StatusPipe> make_status_pipe();
/// Reads up to `size` bytes until the end of file; returns how many came. Blocks.
[[nodiscard]] std::size_t read_all(int descriptor, void* buffer, std::size_t size);
/// One write(2) of `size` bytes, at most PIPE_BUF.
void write_once(int descriptor, const void* bytes, std::size_t size);
void close_descriptor(int descriptor);

/// fork(2): None in the child.
[[nodiscard]] base::Result<base::Pid> fork_process();
/// Waits for `pid` to end. Blocks.
[[nodiscard]] base::Result<base::ExitStatus> wait_process(base::Pid pid);

/// The path of `program` as execvp(3) would find it in `search_path`: itself when it has a slash.
/// The error is ENOENT, or EACCES when every candidate was there but not executable.
[[nodiscard]] base::Result<std::string> find_program(const std::string& program,
                                                     std::string_view search_path);

/// Becomes the program at `path`; returns only when that failed, with the errno of execve(2).
[[nodiscard]] int execute(const std::string& path, const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment);

/// Ends the caller without running anything that was registered by PID 1.
[[noreturn]] void leave(int code);

[[nodiscard]] int process_id();
[[nodiscard]] int parent_process_id();

/// Blocks for `milliseconds`.
void pause_for(int milliseconds);
/// Milliseconds on CLOCK_MONOTONIC.
[[nodiscard]] std::int64_t monotonic_milliseconds();

/// The text of errno value `code`.
[[nodiscard]] const char* error_text(int code);

}  // namespace sys
