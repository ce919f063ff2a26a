// SPDX-License-Identifier: MIT
#include "sys/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string_view>

#include "sys/clock.hpp"
#include "sys/files.hpp"
#include "sys/spawn.hpp"

namespace sys {
namespace {

constexpr std::string_view kPathName = "PATH=";

// What the child can fail at; an index, because a pointer to text means nothing across a pipe.
constexpr std::array<const char*, 4> kOps = {"execve", "open stdin", "chdir", "open /dev/null"};
struct ChildFailure {
    int op = 0;
    int code = 0;
};

std::string_view path_of(const std::vector<std::string>& environment) {
    for (const auto& entry : environment) {
        if (std::string_view{entry}.starts_with(kPathName)) {
            return std::string_view{entry}.substr(kPathName.size());
        }
    }
    return kDefaultSearchPath;
}

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    pointers.reserve(strings.size() + 1);
    for (const auto& string : strings) {
        pointers.push_back(const_cast<char*>(string.c_str()));
    }
    pointers.push_back(nullptr);
    return pointers;
}

bool redirect(const char* path, int flags, int fd) {
    const int opened = ::open(path, flags | O_CLOEXEC | O_NOCTTY);
    if (opened < 0) {
        return false;
    }
    if (opened == fd) {
        // The number was free, so there is nothing to move, only close-on-exec to take away.
        return ::fcntl(fd, F_SETFD, 0) == 0;
    }
    const bool done = ::dup2(opened, fd) == fd;
    ::close(opened);
    return done;
}

ChildFailure become(const Invocation& invocation) {
    if (!invocation.inherits_stdin) {
        const bool has_path = !invocation.stdin_path.empty();
        if (!redirect(has_path ? invocation.stdin_path.c_str() : "/dev/null", O_RDONLY, 0)) {
            return {has_path ? 1 : 3, errno};
        }
    }
    if (invocation.discards_output &&
        (!redirect("/dev/null", O_WRONLY, 1) || !redirect("/dev/null", O_WRONLY, 2))) {
        return {3, errno};
    }
    if (!invocation.working_directory.empty() &&
        ::chdir(invocation.working_directory.c_str()) != 0) {
        return {2, errno};
    }
    return {0, execute(invocation.argv, invocation.environment).code};
}

// Holds SIGCHLD back, so that the end of the child can be waited for with a time limit.
class BlockedSigchld {
  public:
    BlockedSigchld() noexcept {
        sigemptyset(&sigchld_);
        sigaddset(&sigchld_, SIGCHLD);
        ::sigprocmask(SIG_BLOCK, &sigchld_, &old_);
    }
    BlockedSigchld(const BlockedSigchld&) = delete;
    BlockedSigchld& operator=(const BlockedSigchld&) = delete;
    ~BlockedSigchld() { restore(); }
    void restore() const noexcept { ::sigprocmask(SIG_SETMASK, &old_, nullptr); }
    void wait(base::Duration limit) const noexcept {
        const timespec time{limit.count() / 1000, limit.count() % 1000 * 1'000'000};
        ::sigtimedwait(&sigchld_, nullptr, &time);
    }

  private:
    sigset_t sigchld_{};
    sigset_t old_{};
};

base::ExitStatus status_of(int status) {
    if (WIFSIGNALED(status)) {
        return base::ExitStatus::killed(base::Signal{WTERMSIG(status)}, WCOREDUMP(status));
    }
    return base::ExitStatus::exited(WEXITSTATUS(status));
}

base::Result<base::ExitStatus> wait_for_end(pid_t pid, const Invocation& invocation,
                                            base::Instant begin, const BlockedSigchld& sigchld) {
    int status = 0;
    for (;;) {
        const pid_t got = ::waitpid(pid, &status, invocation.timeout ? WNOHANG : 0);
        if (got == pid) {
            return status_of(status);
        }
        if (got < 0 && errno != EINTR) {
            return base::unexpected{base::Errno{"waitpid", errno}};
        }
        if (got != 0) {
            continue;
        }
        const auto left = *invocation.timeout - (now() - begin);
        if (left <= base::Duration::zero()) {
            ::kill(pid, SIGKILL);
            while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
            }
            return base::unexpected{base::Errno{"wait", ETIMEDOUT}};
        }
        sigchld.wait(left);
    }
}

}  // namespace

base::Errno execute(const std::vector<std::string>& argv,
                    const std::vector<std::string>& environment) {
    if (argv.empty()) {
        return {"execve", ENOENT};
    }
    const auto program = find_program(argv.front(), path_of(environment));
    if (!program) {
        return program.error();
    }
    const auto arguments = pointers_to(argv);
    const auto variables = pointers_to(environment);
    ::execve(program->c_str(), arguments.data(), variables.data());
    if (errno != ENOEXEC) {
        return {"execve", errno};
    }
    // A script without a first line that names its interpreter: as execvp(3) and each shell do it.
    std::vector<std::string> script{"/bin/sh", *program};
    script.insert(script.end(), argv.begin() + 1, argv.end());
    ::execve("/bin/sh", pointers_to(script).data(), variables.data());
    return {"execve", ENOEXEC};
}

base::Result<base::ExitStatus> run_command(const Invocation& invocation) {
    auto report = pipe_cloexec();
    if (!report) {
        return base::unexpected{report.error()};
    }
    const auto begin = now();
    const BlockedSigchld sigchld;
    const auto child = fork_child();
    if (!child) {
        return base::unexpected{child.error()};
    }
    if (*child == base::Pid::None) {
        sigchld.restore();
        const ChildFailure failure = become(invocation);
        // A parent that is gone needs no answer.
        static_cast<void>(!::write(report->write.get(), &failure, sizeof failure));
        exit_now(failure.code == ENOENT ? base::kExitNotFound : base::kExitNotExecutable);
    }
    report->write.reset();
    ChildFailure failure;
    ssize_t got = 0;
    do {
        got = ::read(report->read.get(), &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    auto status = wait_for_end(raw(*child), invocation, begin, sigchld);
    if (got == static_cast<ssize_t>(sizeof failure)) {
        const auto op = std::min(static_cast<std::size_t>(failure.op), kOps.size() - 1);
        return base::unexpected{base::Errno{kOps[op], failure.code}};
    }
    return status;
}

}  // namespace sys
