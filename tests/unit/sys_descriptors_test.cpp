// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

#include "sys/descriptors.hpp"
#include "sys/spawn.hpp"
#include "sys_support.hpp"

using sys_support::exit_code_of;

namespace {

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

// Makes system call `number` fail with `error`, as an old container engine's filter does.
void refuse(long number, unsigned error) {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter{4, program};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL);
    ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

int check_closing() {
    for (const int fd : {10, 11, 12, 13, 200}) {
        ::dup2(1, fd);
    }
    const int keep[] = {5, 11, 13};
    sys::close_from(10, keep);
    const bool kept = is_open(0) && is_open(1) && is_open(2) && is_open(11) && is_open(13);
    return kept && !is_open(10) && !is_open(12) && !is_open(200) ? 0 : 1;
}

}  // namespace

TEST_CASE("every descriptor from a number on is closed but those to keep") {
    CHECK(exit_code_of(check_closing) == 0);
}

TEST_CASE("closing works where close_range is filtered or unknown") {
    for (const unsigned error : {unsigned{EPERM}, unsigned{ENOSYS}}) {
        CAPTURE(error);
        const int code = exit_code_of([error] {
            refuse(SYS_close_range, error);
            return check_closing();
        });
        CHECK(code == 0);
    }
}

TEST_CASE("closing works without close_range and without /proc") {
    const int code = exit_code_of([] {
        refuse(SYS_close_range, ENOSYS);
        refuse(SYS_getdents64, EACCES);
        return check_closing();
    });
    CHECK(code == 0);
}

TEST_CASE("descriptors can be marked close-on-exec as a whole") {
    for (const bool is_refused : {false, true}) {
        CAPTURE(is_refused);
        const int code = exit_code_of([is_refused] {
            ::dup2(1, 20);
            if (is_refused) {
                refuse(SYS_close_range, EPERM);
            }
            sys::cloexec_from(3);
            return is_open(20) && ::fcntl(20, F_GETFD) == FD_CLOEXEC && ::fcntl(1, F_GETFD) == 0
                       ? 0
                       : 1;
        });
        CHECK(code == 0);
    }
}

TEST_CASE("closed standard descriptors are filled and told") {
    const int code = exit_code_of([] {
        ::close(0);
        ::close(2);
        const auto was_closed = sys::ensure_standard_descriptors();
        return was_closed[0] && !was_closed[1] && was_closed[2] && is_open(0) && is_open(2) ? 0 : 1;
    });
    CHECK(code == 0);
}

TEST_CASE("a pipe of ours is given to the user, anything else is left alone") {
    auto pipe = sys::pipe_cloexec();
    const std::uint32_t uid = ::geteuid();

    CHECK(sys::make_output_openable(pipe->write.get(), uid) == sys::Openable::Already);
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK(sys::make_output_openable(null, uid + 1) == sys::Openable::NotNeeded);
    ::close(null);
    CHECK(sys::make_output_openable(-1, uid).error().code == EBADF);
    if (uid == 0) {
        CHECK(sys::make_output_openable(pipe->write.get(), 4242) == sys::Openable::Changed);
        struct stat info {};
        ::fstat(pipe->write.get(), &info);
        CHECK(info.st_uid == 4242);
    }
}

TEST_CASE("the soft limit of descriptors is raised, never above the hard one") {
    const int code = exit_code_of([] {
        const rlimit low{50, 100};
        ::setrlimit(RLIMIT_NOFILE, &low);
        return sys::raise_nofile(40) == 50 && sys::raise_nofile(80) == 80 &&
                       sys::raise_nofile(5000) == 100
                   ? 0
                   : 1;
    });
    CHECK(code == 0);
}
