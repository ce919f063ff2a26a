// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "control/protocol.hpp"
#include "sys/fd.hpp"

namespace control {

/// The client's side of the control socket, for the sub-commands; it runs outside PID 1, may
/// allocate and blocks, but never longer than the wait it asks for and two seconds.
class Client {
  public:
    /// Connects to PID 1. `named` is the socket the user named (`--control` or PIDONE_CONTROL; a
    /// leading '@' means an abstract name). Without it the default path and then the abstract name
    /// of this container are tried, and a server that is not PID 1 of this PID namespace is
    /// refused, so that nobody can pose as it. The error is a message for people.
    [[nodiscard]] static base::Result<Client, std::string> connect(
        std::optional<std::string_view> named);

    [[nodiscard]] base::Result<HealthReply, std::string> health(const Request& request);

    struct Status {
        StatusReply container;
        std::vector<ServiceReply> services;
    };
    /// Asks for all pages of the status.
    [[nodiscard]] base::Result<Status, std::string> status();

  private:
    explicit Client(sys::UniqueFd socket);

    [[nodiscard]] base::Result<void, std::string> send(const Request& request);
    [[nodiscard]] base::Result<Reply, std::string> receive(base::Duration timeout);

    sys::UniqueFd socket_;
};

}  // namespace control
