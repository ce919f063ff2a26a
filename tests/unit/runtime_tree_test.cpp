// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/service_tree.hpp"
#include "sys/child_process.hpp"
#include "sys/fd.hpp"
#include "sys/spawn.hpp"
#include "sys_support.hpp"

using base::Pid;
using runtime::ServiceTree;

namespace {

/// A leader of a session and group of its own with a child in them; both live until they are ended.
class Family {
  public:
    Family() {
        auto pipe = sys::pipe_cloexec();
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::setsid();
            const pid_t grandchild = ::fork();
            if (grandchild > 0) {
                static_cast<void>(!::write(pipe->write.get(), &grandchild, sizeof grandchild));
            }
            ::alarm(20);
            while (::pause() != 0) {
            }
        }
        leader = Pid{pid};
        pid_t number = 0;
        REQUIRE(::read(pipe->read.get(), &number, sizeof number) == sizeof number);
        child = Pid{number};
        tree.begin(leader);
    }
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;
    ~Family() {
        ::kill(-raw(leader), SIGKILL);
        ::kill(raw(leader), SIGKILL);
        reap();
    }
    void end_leader() const {
        ::kill(raw(leader), SIGKILL);
        sys_support::wait_for_zombie(raw(leader));
    }
    void end_child() const {
        // No signal tells us of the end of a child of our child; its descriptor does
        // (pidfd_open(2)).
        const sys::UniqueFd watched{static_cast<int>(::syscall(SYS_pidfd_open, raw(child), 0))};
        REQUIRE(watched);
        ::kill(raw(child), SIGKILL);
        pollfd ended{watched.get(), POLLIN, 0};
        REQUIRE(::poll(&ended, 1, 5'000) == 1);
        REQUIRE_FALSE(is_child_alive());
    }
    void reap() {
        if (!is_reaped_) {
            ::waitpid(raw(leader), nullptr, 0);
            tree.lose_leader();
            is_reaped_ = true;
        }
    }
    [[nodiscard]] bool shows(Pid pid) {
        const auto members = tree.look({});
        return std::ranges::find(members, pid, &sys::ProcessInfo::pid) != members.end();
    }

    Pid leader = Pid::None;
    Pid child = Pid::None;
    ServiceTree tree{"family"};

  private:
    [[nodiscard]] bool is_child_alive() const {
        const auto process = sys::read_process(child);
        return process && process->is_alive();
    }
    bool is_reaped_ = false;
};

}  // namespace

TEST_CASE("all looks see one moment until they expire") {
    Family one;
    ServiceTree::expire_looks();
    CHECK((one.shows(one.leader) && one.shows(one.child)));
    one.end_child();
    CHECK(one.shows(one.child));
    ServiceTree::expire_looks();
    CHECK(one.shows(one.leader));
    CHECK_FALSE(one.shows(one.child));
}

TEST_CASE("a look behind the end of a leader is a new one, and serves all that had ended by then") {
    Family one;
    Family other;
    one.end_leader();
    CHECK_FALSE(one.shows(one.leader));
    CHECK(one.shows(one.child));
    CHECK_FALSE(one.shows(other.child));

    other.end_leader();
    one.end_child();
    ServiceTree::expire_looks();
    CHECK_FALSE(other.shows(other.leader));
    CHECK(other.shows(other.child));
    other.end_child();
    // What was seen is older than its end, but not older than that of its leader.
    ServiceTree::expire_looks();
    CHECK(other.shows(other.child));
    other.reap();
    CHECK_FALSE(other.shows(other.child));
}

TEST_CASE("a tree is empty when its last process is gone, whoever is left unreaped") {
    Family one;
    one.end_leader();
    ServiceTree::expire_looks();
    CHECK_FALSE(one.tree.is_empty({}));
    one.reap();
    ServiceTree::expire_looks();
    CHECK_FALSE(one.tree.is_empty({}));
    one.end_child();
    ServiceTree::expire_looks();
    CHECK(one.tree.is_empty({}));

    Family other;
    other.end_child();
    other.end_leader();
    CHECK(other.tree.look({}).empty());
    CHECK(other.tree.is_empty({}));
}

TEST_CASE("whoever is ignored is no member, nor is their group") {
    Family one;
    ServiceTree::expire_looks();
    CHECK(one.tree.look(std::array{one.leader}).empty());
    CHECK_FALSE(one.tree.look({}).empty());
}
