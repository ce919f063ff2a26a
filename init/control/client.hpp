// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "control/address.hpp"
#include "control/protocol.hpp"
#include "sys/fd.hpp"

namespace control {

/// Whether PID 1 listens at the other end of `socket`. Anybody can bind a free name, so only the
/// credentials tell (unix(7)): those of whoever listened first, also while a child serves it.
[[nodiscard]] bool is_init(int socket);

/// Why a client got no answer: a message for people, and the errno value behind it (0 = none).
struct ClientError {
    std::string message;
    int code = 0;
};

/// The client's side of the control socket, for the sub-commands; it runs outside PID 1, may
/// allocate and blocks, but never longer than the wait it asks for and two seconds.
class Client {
  public:
    /// Connects to PID 1. `named` is the socket the user named (`--control` or PIDONE_CONTROL; a
    /// leading '@' means an abstract name). Without it the default path and then the abstract name
    /// of this container are tried, and a server that is not PID 1 of this PID namespace is
    /// refused, so that nobody can pose as it.
    [[nodiscard]] static base::Result<Client, ClientError> connect(
        std::optional<std::string_view> named);

    /// Asks for the health of `services` (none: the container), at most kMaxNames. With `wait` the
    /// answer comes when the state differs from the one PID 1 told last, or after that time.
    [[nodiscard]] base::Result<HealthReply, ClientError> health(
        std::span<const std::string> services, std::optional<base::Duration> wait);

    struct Status {
        StatusReply container;
        std::vector<ServiceReply> services;

        /// The service of this name; null when there is none.
        [[nodiscard]] const ServiceReply* find(std::string_view name) const;
    };
    /// Asks for all pages of the status.
    [[nodiscard]] base::Result<Status, ClientError> status();
    /// The same as soon as it is another one than that of the generation `after`, or after `wait`.
    [[nodiscard]] base::Result<Status, ClientError> status(std::uint64_t after,
                                                           base::Duration wait);

    /// Asks for a change of `services` (at least one, at most kMaxNames). The answer says that it
    /// is under way; status() tells what becomes of it.
    [[nodiscard]] base::Result<ManageReply, ClientError> manage(
        Action action, std::span<const std::string> services, base::Signal signal = {});

    /// Has the files read again. With `wait` the answer comes when that is done, or after that
    /// time.
    [[nodiscard]] base::Result<ReloadReply, ClientError> reload(std::optional<base::Duration> wait);

  private:
    explicit Client(sys::UniqueFd socket);

    [[nodiscard]] static base::Result<Client, ClientError> connect_to_init();
    [[nodiscard]] base::Result<void, ClientError> send(const Request& request);
    [[nodiscard]] base::Result<Status, ClientError> status(const Request& first_page);
    [[nodiscard]] base::Result<Reply, ClientError> receive();
    template <class Expected>
    [[nodiscard]] base::Result<Expected, ClientError> expect();

    sys::UniqueFd socket_;
};

}  // namespace control
