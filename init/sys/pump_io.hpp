// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.hpp"

/// What the log pump asks of the kernel: to copy a pipe's bytes before they are taken out of it,
/// and memory that outlives a pump. Allocation-free.
namespace sys {

/// Copies what lies at the head of the pipe `from` into the pipe `into`, at most `size` bytes, and
/// leaves it there too (tee(2)). EAGAIN when `from` is empty or `into` full; 0 when `from` is empty
/// and nobody can write to it any more.
[[nodiscard]] base::Result<std::size_t> peek_pipe(int from, int into, std::size_t size) noexcept;

/// Takes `size` bytes that are in `pipe` out of it. They go to `null`, an open /dev/null, uncopied;
/// without it (-1) they are read and forgotten.
void discard_from_pipe(int pipe, int null, std::size_t size) noexcept;

/// Asks for a capacity of `wanted` bytes at least (F_SETPIPE_SZ); returns the one in force.
std::size_t resize_pipe(int pipe, std::size_t wanted) noexcept;

/// How many bytes lie in `pipe` (FIONREAD).
[[nodiscard]] std::size_t bytes_in_pipe(int pipe) noexcept;

/// Puts a newline behind what was written to a pipe, of which both ends are given, where the last
/// byte was none. What it was is looked up in the pipe; `is_mid_line` tells it of one that is
/// empty, and must be right before a reader takes the last byte out. Never blocks: a pipe that is
/// full stays as it is.
void end_line_in_pipe(int read, int write, const std::atomic<std::uint32_t>& is_mid_line) noexcept;

/// Whether `fd` is a pipe.
[[nodiscard]] bool is_pipe(int fd) noexcept;

/// Whether `fd` is a regular file in which the byte before the next write is no newline. False
/// where that cannot be told.
[[nodiscard]] bool is_in_mid_line(int fd) noexcept;

/// Whether both are the same file, pipe or device.
[[nodiscard]] bool is_same_file(int a, int b) noexcept;

/// `size` zeroed bytes that this process and its forks share, until unmap(). Untouched pages cost
/// nothing.
[[nodiscard]] base::Result<std::span<char>> map_shared(std::size_t size) noexcept;

/// Gives back what map_shared() gave; an empty span is nothing.
void unmap(std::span<char> memory) noexcept;

/// What ps(1) shows for this process, at most 15 characters (PR_SET_NAME).
void set_process_name(const char* name) noexcept;

}  // namespace sys
