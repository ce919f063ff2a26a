// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>

#include "core_allocation_counter.hpp"
#include "log/log.hpp"
#include "sys/cgroup.hpp"
#include "sys/loop.hpp"
#include "sys/notify.hpp"
#include "sys/process_table.hpp"
#include "sys/reap.hpp"
#include "sys/send_queues.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"
#include "sys/terminal.hpp"

namespace {

// One turn of everything that PID 1 does in its loop.
void take_a_turn(sys::Loop& loop, const sys::NotifySocket& socket, const sys::OomCounter& counter,
                 logging::Logger& log) {
    auto pipe = sys::pipe_cloexec();
    const auto token = loop.add(pipe->read.get(), 1, 1);
    static_cast<void>(!::write(pipe->write.get(), "x", 1));
    const auto ready = loop.wait(base::Duration{0});
    loop.remove(*token);
    static_cast<void>(sys::send_notify(socket.name(), "READY=1\nSTATUS=fine"));
    std::array<char, sys::kNotifyMax> buffer;
    const auto receipt = sys::receive_notify(socket.fd.get(), buffer);
    sys::ProcessScan scan;
    while (scan.next()) {
    }
    static_cast<void>(sys::environ_has(sys::own_pid(), "A=b"));
    static_cast<void>(sys::peek_child(sys::Watch::EndsAndStops));
    static_cast<void>(sys::has_children());
    static_cast<void>(sys::read_send_queues());
    static_cast<void>(sys::foreground_group(0));
    static_cast<void>(counter.read());
    log.about("name", logging::Severity::Error, "{} {} {}: {}", ready->size(), -1,
              receipt->message.status, logging::error_text(2));
}

}  // namespace

TEST_CASE("what PID 1 calls in its loop never allocates") {
    auto loop = sys::Loop::create(4);
    const auto socket = sys::open_notify_socket();
    const auto counter = sys::OomCounter::open();
    auto null = sys::pipe_cloexec();
    logging::Logger log{sys::LineSink::open(null->write.get()), "pidone"};
    take_a_turn(*loop, *socket, counter, log);

    const auto before = core_test::allocations();
    for (int turn = 0; turn < 20; ++turn) {
        take_a_turn(*loop, *socket, counter, log);
    }

    CHECK(core_test::allocations() == before);
}
