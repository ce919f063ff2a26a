// SPDX-License-Identifier: MIT
#include "sys/signals.hpp"

#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace sys {
namespace {

constexpr std::uint64_t kAllSignals = ~std::uint64_t{0};
constexpr std::size_t kMaskSize = sizeof(std::uint64_t);

std::uint64_t g_original_mask = 0;

constexpr std::uint64_t bit(base::Signal signal) {
    return std::uint64_t{1} << (raw(signal) - 1);
}

// The kernel's struct sigaction, which glibc hides behind its own. The layouts of x86-64 and arm64
// differ only in whether the restorer exists, and a default action needs none.
struct KernelAction {
    void (*handler)(int) = nullptr;
    unsigned long flags = 0;
    void (*restorer)() = nullptr;
    std::uint64_t mask = 0;
};

long set_mask(int how, const std::uint64_t* mask, std::uint64_t* old) noexcept {
    return ::syscall(SYS_rt_sigprocmask, how, mask, old, kMaskSize);
}

long set_action(int signal, const KernelAction* action, KernelAction* old) noexcept {
    return ::syscall(SYS_rt_sigaction, signal, action, old, kMaskSize);
}

base::Result<void> checked(const char* op, long result) noexcept {
    if (result != 0) {
        return base::unexpected{base::Errno{op, errno}};
    }
    return {};
}

// Runs before every constructor, so it must not rely on anything that one of them sets up; a
// sanitizer's run-time is such a thing.
__attribute__((no_sanitize("address", "undefined"))) void block_all_early(int, char**, char**) {
    set_mask(SIG_SETMASK, &kAllSignals, &g_original_mask);
}

using EarlyFunction = void (*)(int, char**, char**);
__attribute__((section(".preinit_array"), used)) EarlyFunction g_block_all_early = block_all_early;

}  // namespace

std::uint64_t original_mask() noexcept {
    return g_original_mask;
}

bool take_sigchld_default() noexcept {
    KernelAction old;
    const KernelAction standard;
    if (set_action(SIGCHLD, &standard, &old) != 0) {
        return false;
    }
    return old.handler == SIG_IGN;
}

base::Result<UniqueFd> open_signal_fd() noexcept {
    // glibc's signalfd(3) would drop signals 32 and 33 from the set.
    const long fd =
        ::syscall(SYS_signalfd4, -1, &kAllSignals, kMaskSize, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        return base::unexpected{base::Errno{"signalfd4", errno}};
    }
    return UniqueFd{static_cast<int>(fd)};
}

base::Result<std::optional<ReceivedSignal>> read_signal(int fd) noexcept {
    signalfd_siginfo info{};
    const ssize_t got = ::read(fd, &info, sizeof info);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return std::nullopt;
    }
    if (got != static_cast<ssize_t>(sizeof info)) {
        return base::unexpected{base::Errno{"read signalfd", got < 0 ? errno : EIO}};
    }
    ReceivedSignal signal;
    signal.signal = base::Signal{static_cast<int>(info.ssi_signo)};
    signal.code = info.ssi_code;
    signal.has_value = info.ssi_code == SI_QUEUE;
    signal.value = signal.has_value ? info.ssi_ptr : 0;
    // Of a signal that the kernel made itself these fields mean other things.
    if (info.ssi_code <= 0) {
        signal.sender = base::Pid{static_cast<int>(info.ssi_pid)};
        signal.sender_uid = info.ssi_uid;
    }
    return signal;
}

base::Result<void> kill(base::Pid pid, base::Signal signal) noexcept {
    if (raw(pid) <= 0) {
        return base::unexpected{base::Errno{"kill", EINVAL}};
    }
    return checked("kill", ::kill(raw(pid), raw(signal)));
}

base::Result<void> kill_group(base::Pid group, base::Signal signal) noexcept {
    if (raw(group) <= 1) {
        return base::unexpected{base::Errno{"kill", EINVAL}};
    }
    return checked("kill", ::kill(-raw(group), raw(signal)));
}

base::Result<void> queue(base::Pid pid, base::Signal signal, std::uint64_t value) noexcept {
    if (raw(pid) <= 0) {
        return base::unexpected{base::Errno{"rt_sigqueueinfo", EINVAL}};
    }
    siginfo_t info;
    std::memset(&info, 0, sizeof info);
    info.si_signo = raw(signal);
    info.si_code = SI_QUEUE;
    info.si_pid = ::getpid();
    info.si_uid = ::getuid();
    std::memcpy(&info.si_value, &value, sizeof value);
    return checked("rt_sigqueueinfo", ::syscall(SYS_rt_sigqueueinfo, raw(pid), raw(signal), &info));
}

base::Result<void> kill_everything(base::Signal signal) noexcept {
    return checked("kill", ::kill(-1, raw(signal)));
}

void restore_mask(std::uint64_t mask) noexcept {
    set_mask(SIG_SETMASK, &mask, nullptr);
}

void reset_dispositions() noexcept {
    const KernelAction standard;
    for (int signal = 1; signal <= base::kMaxSignal; ++signal) {
        // KILL and STOP answer EINVAL, and cannot be anything else anyway.
        set_action(signal, &standard, nullptr);
    }
}

void ignore_sigchld() noexcept {
    KernelAction ignored;
    ignored.handler = SIG_IGN;
    set_action(SIGCHLD, &ignored, nullptr);
}

void raise_default(base::Signal signal) noexcept {
    const KernelAction standard;
    KernelAction previous;
    set_action(raw(signal), &standard, &previous);
    ::kill(::getpid(), raw(signal));
    // It is blocked and pending now; unblocking delivers it before the call returns.
    const std::uint64_t one = bit(signal);
    std::uint64_t old = 0;
    set_mask(SIG_UNBLOCK, &one, &old);
    set_mask(SIG_SETMASK, &old, nullptr);
    set_action(raw(signal), &previous, nullptr);
}

}  // namespace sys
