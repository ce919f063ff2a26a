// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "cli/exporter_http.hpp"
#include "sys/fd.hpp"
#include "sys/loop.hpp"

namespace cli {

/// Serves a page of metrics over HTTP: one request per connection, a few connections at a time, the
/// others wait in the backlog. Whoever is too slow is hung up on, sooner when others wait. It never
/// wakes up while nobody is connected.
class ExporterServer {
  public:
    /// Makes the page; called for each request.
    class Source {
      public:
        virtual ~Source() = default;
        [[nodiscard]] virtual std::string page(MetricsFormat format) = 0;
    };

    static constexpr std::size_t kMaxConnections = 16;
    /// How long a client may take for its request, and then for its answer.
    static constexpr base::Duration kPatience{5000};
    /// The first of them while every place is taken.
    static constexpr base::Duration kHurry{250};

    /// `listener` is a non-blocking listening socket, which it owns from now on; `source` must
    /// outlive the server.
    [[nodiscard]] static base::Result<ExporterServer> create(sys::UniqueFd listener,
                                                             Source& source);

    /// Waits for what comes next and answers it; an error ends the server. `limit` bounds the wait
    /// (none = until something comes).
    [[nodiscard]] base::Result<void> turn(std::optional<base::Duration> limit = std::nullopt);

    [[nodiscard]] std::size_t connection_count() const;

  private:
    enum class Phase { Reading, Writing, Draining };
    struct Connection {
        sys::UniqueFd fd;  ///< none: the place is free
        sys::Token token;
        Phase phase = Phase::Reading;
        base::Instant since{};  ///< when `phase` began
        std::string text;       ///< of the request; then what is still to be sent
        std::size_t seen = 0;   ///< bytes sent, or thrown away
    };

    ExporterServer(sys::UniqueFd listener, sys::Loop loop, Source& source);

    [[nodiscard]] std::optional<base::Duration> next_deadline(base::Instant now) const;
    [[nodiscard]] base::Duration patience(const Connection& connection) const;
    void set_listening(bool is_listening);
    void take_waiting();
    void serve(Connection& connection);
    [[nodiscard]] bool read_request(Connection& connection);
    [[nodiscard]] bool send_answer(Connection& connection);
    [[nodiscard]] bool drain(Connection& connection) const;
    void hang_up(Connection& connection);

    sys::UniqueFd listener_;
    sys::Loop loop_;
    Source* source_;
    sys::Token listener_token_;
    bool is_listening_ = true;
    std::optional<base::Instant> retry_at_;  ///< after accept(2) failed
    base::Instant now_{};
    std::array<Connection, kMaxConnections> connections_;
};

}  // namespace cli
