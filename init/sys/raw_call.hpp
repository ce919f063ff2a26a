// SPDX-License-Identifier: MIT
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

/// A system call that leaves errno alone, for a process that shares the memory of its parent: errno
/// is one of the things that they would share. See syscall(2) for the registers.
namespace sys {

#if defined(__x86_64__)

inline constexpr bool kSparesErrno = true;

/// The result, or the negative error number.
inline long raw_call(long number, long a = 0, long b = 0, long c = 0, long d = 0) noexcept {
    long result = 0;
    register long fourth asm("r10") = d;
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                 : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)

inline constexpr bool kSparesErrno = true;

/// The result, or the negative error number.
inline long raw_call(long number, long a = 0, long b = 0, long c = 0, long d = 0) noexcept {
    register long call asm("x8") = number;
    register long first asm("x0") = a;
    register long second asm("x1") = b;
    register long third asm("x2") = c;
    register long fourth asm("x3") = d;
    asm volatile("svc 0"
                 : "+r"(first)
                 : "r"(call), "r"(second), "r"(third), "r"(fourth)
                 : "memory", "cc");
    return first;
}

#else

inline constexpr bool kSparesErrno = false;

/// The result, or the negative error number.
inline long raw_call(long number, long a = 0, long b = 0, long c = 0, long d = 0) noexcept {
    const long result = ::syscall(number, a, b, c, d);
    return result < 0 ? -errno : result;
}

#endif

}  // namespace sys
