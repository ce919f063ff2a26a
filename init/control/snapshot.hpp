// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "control/protocol.hpp"

namespace control {

/// What PID 1 knows about itself at one moment; the runtime fills it, the server reads it. Views
/// into the runtime's own memory, valid for the call they are handed to.
struct ContainerView {
    Health health = Health::Starting;
    Mode mode = Mode::Service;
    std::string_view version;
    base::Instant started_at{};
    std::uint64_t generation = 0;
    std::uint64_t reaped = 0;
    std::uint64_t forwarded = 0;
};

/// One service, by its index in the container. See ServiceReply for what the fields mean.
struct ServiceView : ServiceFacts {
    std::string_view name;
    std::string_view state;  ///< core::to_string(State)
    base::Instant since{};   ///< when `state` was entered
    std::optional<base::Instant> spawned_at;
    std::optional<base::Instant> executed_at;
    std::optional<base::Instant> ready_at;
    std::optional<base::Instant> deadline;
    std::optional<base::Instant> next_run;
    std::string_view held_by;
    std::string_view behind;
    std::string_view status_text;
    std::string_view step;
    std::string_view failure;
};

/// The number and order of `services` never change but by Server::renumber().
struct Snapshot {
    ContainerView container;
    std::span<const ServiceView> services;
};

}  // namespace control
