// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "log/pump_protocol.hpp"
#include "log/pump_ring.hpp"
#include "sys/fd.hpp"
#include "sys/loop.hpp"

namespace logging {

/// The clients of the pump, `pidone logs`. A reader is a position in each ring it asked for, so a
/// slow one costs nothing and misses what the ring has given up meanwhile.
class PumpReaders {
  public:
    static constexpr std::size_t kMost = 8;

    /// A service as readers see it. `ring` is nullptr in mode "inherit", and may keep nothing.
    struct Service {
        std::string_view name;
        const Ring* ring = nullptr;
    };

    /// `loop` outlives this; a reader is watched in it as (`kind`, slot).
    PumpReaders(sys::Loop& loop, std::uint32_t kind) : loop_{loop}, kind_{kind}, slots_(kMost) {}

    void set_services(std::vector<Service> services) { services_ = std::move(services); }

    /// Takes one client from the listening socket: only root and our own user, of this container.
    void accept(int listener);
    /// The reader in slot `number` said something, hung up, or takes more.
    void handle(std::size_t number, std::uint32_t events);
    /// Lines may have come.
    void on_lines();
    [[nodiscard]] bool is_any() const;

  private:
    struct Slot {
        sys::UniqueFd socket;
        sys::Token token{};
        bool is_asked = false;  ///< its request has come
        bool is_blocked = false;
        bool follows = false;
        std::int64_t since = 0;
        std::vector<std::optional<std::uint64_t>> positions;  ///< by service
        std::optional<std::size_t> missed;                    ///< a service of which lines are gone
    };

    void ask(Slot& slot);
    [[nodiscard]] std::optional<LogReply> begin(Slot& slot, const LogRequest& request);
    [[nodiscard]] std::optional<LogReply> choose(Slot& slot, const LogRequest& request);
    void serve(Slot& slot);
    [[nodiscard]] std::optional<LogReply> next_reply(Slot& slot, std::size_t& service) const;
    [[nodiscard]] bool send(Slot& slot, const LogReply& reply);
    void finish(Slot& slot, const LogReply& reply);
    void close(Slot& slot);
    [[nodiscard]] static std::uint64_t last_lines(const Ring& ring, std::uint32_t count,
                                                  std::int64_t since);

    sys::Loop& loop_;
    std::uint32_t kind_;
    std::vector<Service> services_;
    std::vector<Slot> slots_;
};

}  // namespace logging
