// SPDX-License-Identifier: MIT
#include "runtime/child_descriptors.hpp"

#include <algorithm>

#include "sys/child_process.hpp"
#include "sys/descriptors.hpp"
#include "sys/spawn.hpp"

namespace runtime {
namespace {

constexpr int kStandardOutput = 1;
constexpr int kFirstSocket = 3;  // SD_LISTEN_FDS_START

base::Result<void> move_away(int& fd, int lowest) {
    if (fd < 0) {
        return {};
    }
    const auto moved = sys::move_descriptor(fd, lowest);
    if (!moved) {
        return base::unexpected{moved.error()};
    }
    fd = *moved;
    return {};
}

// First everything out of the way, because any number may be where another one has to be.
base::Result<void> clear_places(ChildContext& context, int lowest) {
    auto moved = move_away(context.status_fd, lowest);
    if (moved) {
        moved = move_away(context.ready_fd, lowest);
    }
    for (int& socket : context.sockets) {
        if (moved) {
            moved = move_away(socket, lowest);
        }
    }
    return moved;
}

base::Result<void> install_sockets(const std::vector<int>& sockets) {
    int place = kFirstSocket;
    for (const int socket : sockets) {
        // The run before may have changed it, and the flag is shared.
        if (const auto set = sys::set_nonblocking(socket, false); !set) {
            return set;
        }
        if (const auto installed = sys::install_descriptor(socket, place++); !installed) {
            return installed;
        }
    }
    return {};
}

}  // namespace

void close_foreign(const ChildContext& context) {
    auto kept = context.sockets;
    kept.insert(kept.end(), {context.status_fd, context.ready_fd});
    std::ranges::sort(kept);
    sys::close_from(kFirstSocket, kept);
}

// dup2(2) onto an open number cannot fail for want of one.
void install_outputs(const ChildContext& context) {
    for (const std::size_t i : {0U, 1U}) {
        if (context.outputs[i] >= 0) {
            static_cast<void>(
                sys::install_descriptor(context.outputs[i], kStandardOutput + static_cast<int>(i)));
        }
    }
}

ChildResult<void> install_descriptors(const core::ServiceSpec& service, ChildContext& context) {
    if (context.sockets.size() != service.listen.size()) {
        return fail(Stage::Descriptors, base::kExitConfig, 0,
                    "the sockets of 'listen' are opened when the container starts, and the service "
                    "was not enabled then");
    }
    if (context.sockets.empty() && context.ready_fd < 0) {
        return {};
    }
    const int ready = service.ready.descriptor;
    const int last = kFirstSocket + static_cast<int>(context.sockets.size()) - 1;
    auto installed = clear_places(context, std::max(last, ready) + 1);
    if (installed) {
        installed = install_sockets(context.sockets);
    }
    if (!installed) {
        return fail(Stage::Descriptors, base::kExitSystem, installed.error().code,
                    "cannot hand on the descriptors of the service");
    }
    if (context.ready_fd >= 0) {
        installed = sys::install_descriptor(context.ready_fd, ready);
    }
    if (!installed) {
        return fail(Stage::Descriptors, base::kExitSystem, installed.error().code,
                    "cannot make the readiness descriptor " + std::to_string(ready));
    }
    return {};
}

void name_descriptors(const core::ServiceSpec& service, const ChildContext& context,
                      VariableTable& variables) {
    const auto own_pid = std::to_string(base::raw(sys::own_pid()));
    if (!context.notify_socket.empty()) {
        variables.set("NOTIFY_SOCKET", context.notify_socket);
    }
    if (service.watchdog) {
        using std::chrono::microseconds;
        variables.set("WATCHDOG_USEC", std::to_string(microseconds{*service.watchdog}.count()));
        variables.set("WATCHDOG_PID", own_pid);
    }
    if (!context.sockets.empty()) {
        std::string names;
        for (const auto& socket : service.listen) {
            names += (names.empty() ? "" : ":") + socket.name;
        }
        variables.set("LISTEN_FDS", std::to_string(context.sockets.size()));
        variables.set("LISTEN_PID", own_pid);
        variables.set("LISTEN_FDNAMES", std::move(names));
    }
}

}  // namespace runtime
