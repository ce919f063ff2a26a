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
};

/// One service, by its index in the container.
struct ServiceView {
    std::string_view name;
    std::string_view state;  ///< core::to_string(State)
    Health health = Health::Starting;
    base::Pid pid = base::Pid::None;
    base::Instant since{};  ///< when `state` was entered
    base::Instant spawned_at{};
    std::optional<base::Instant> ready_at;  ///< of the present run
    std::uint32_t restarts = 0;
    std::optional<base::ExitStatus> last_exit;
    std::string_view status_text;
};

/// The number and order of `services` never change while the server lives.
struct Snapshot {
    ContainerView container;
    std::span<const ServiceView> services;
};

}  // namespace control
