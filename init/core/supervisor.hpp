// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/event.hpp"
#include "core/service.hpp"

namespace core {

/// What a HEALTHCHECK wants to know.
enum class Health { Starting, Healthy, Unhealthy, Stopping };

/// All decisions of PID 1: a function from (state, event, now) to commands. It makes no call into
/// the kernel, reads no clock, writes no log and allocates only in its constructor, so it can be
/// simulated.
///
/// Service mode. Boot spawns every enabled service whose `requires` are ready (a oneshot: done) and
/// whose `after` are ready, or ended. A failed start or end of a service fails what requires it.
/// The container stops when a stop signal (TERM, INT, QUIT, PWR, RTMIN+3) arrives, when an
/// essential service ends, or when nothing runs or can start any more. A stop has one budget
/// (Spec::shutdown_timeout from its first cause); services go down in reverse order, each once
/// everything that requires it or comes after it is gone; then every process left gets TERM and
/// CONT, and KILL when the budget ends; then Linger (cut to the budget); then Exit. A second stop
/// signal means KILL to everything now.
///
/// Command mode. The one service gets every signal (rewritten, in the given scope, with its value);
/// when it ends, what is left gets TERM and CONT, and KILL after `kill_grace`; then Exit with its
/// code (remapped).
class Supervisor {
  public:
    /// `spec` must outlive the supervisor.
    explicit Supervisor(const Spec& spec);

    /// Takes one event at the time `now` (never earlier than at the call before) and returns what
    /// to do, in order. The span is valid until the next call; execute all of it first and queue
    /// the answers.
    [[nodiscard]] std::span<const Command> step(const Event& event, Instant now);

    /// When step() wants a Tick at the latest; empty while nothing is timed.
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    [[nodiscard]] const Service& service(ServiceId id) const { return services_[index(id)]; }
    [[nodiscard]] std::size_t service_count() const { return services_.size(); }
    [[nodiscard]] Health health() const;
    [[nodiscard]] Health health(ServiceId id) const;
    [[nodiscard]] bool is_stopping() const;
    /// The exit code the container would end with, or ends with once Command::Exit was given.
    [[nodiscard]] int exit_code() const;

  private:
    // The core helper fills this in.
    std::vector<Service> services_;
};

}  // namespace core
