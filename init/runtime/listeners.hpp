// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/spec.hpp"
#include "runtime/obstacle.hpp"
#include "sys/listen_socket.hpp"

namespace runtime {

/// The sockets of `listen`. PID 1 opens them before any service starts and hands them to each run,
/// so that a connection that comes while nobody runs waits instead of being refused.
class Listeners {
  public:
    /// Opens those of every enabled service of `spec`, up to the first that cannot be had. It reads
    /// files and allocates.
    [[nodiscard]] Prepared open(const core::Spec& spec) { return open(spec, {}); }

    /// The same for a Spec to come: a socket that `before` has open is not opened again, but left
    /// for take_over().
    [[nodiscard]] Prepared open(const core::Spec& spec, const Listeners& before);

    /// Takes from `before` what open() left there, and closes and removes the rest.
    void take_over(Listeners& before) noexcept;

    /// The descriptors of one service in the order of its file. It allocates: for a child.
    [[nodiscard]] std::vector<int> of(core::ServiceId id) const;

    /// Closes PID 1's own copies: from now on a socket lives as long as its service keeps it.
    void close() noexcept;

    /// Closes all, and removes the paths of the unix sockets that were opened here; when no service
    /// is left.
    void remove() noexcept;

  private:
    struct Listener {
        core::ServiceId service = core::kNoService;
        core::Endpoint endpoint;
        sys::UnixListener socket;
        bool is_elsewhere = false;  ///< until take_over()
    };
    [[nodiscard]] bool has(const core::Endpoint& endpoint) const;

    std::vector<Listener> listeners_;
};

}  // namespace runtime
