// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "control/address.hpp"
#include "control/replies.hpp"
#include "sys/fd.hpp"

namespace control {

/// PID 1's side of the control socket. Owns the listening socket and the client sockets; the
/// runtime owns the epoll loop and calls in when a descriptor is ready. Allocates only in open()
/// and renumber(), never blocks, and drops a client rather than waiting for it.
///
/// Calls in one turn of the loop: the listening socket is readable -> accept(); a client is
/// readable -> on_readable(); a client hung up -> close(); something changed -> on_change();
/// next_deadline() passed -> on_tick().
class Server {
  public:
    static constexpr std::size_t kSlots = 16;

    /// Listens on `path`, making its directory (0755) when it is missing; the socket itself is
    /// 0666, because everybody in the container may ask. Where the path cannot be bound, or
    /// somebody else serves it (two containers with one /run), the abstract name of the container's
    /// mount and PID namespaces is taken. An empty `path` gives a server that is off.
    /// `service_count` is that of every later Snapshot. Fails with the errno of the path when
    /// neither name can be had; PID 1 then goes on without.
    [[nodiscard]] static base::Result<Server> open(std::string_view path,
                                                   std::size_t service_count);

    /// The descriptor to watch for reading, or -1 when the server is off.
    [[nodiscard]] int listen_fd() const { return listener_.get(); }
    /// The path, "@pidone-..." for the abstract name, "" when off. For the log.
    [[nodiscard]] std::string_view name() const { return name_; }

    struct Client {
        std::size_t slot = 0;     ///< below kSlots; reused after close()
        int fd = -1;              ///< to watch for reading and hang-up; owned by the server
        bool took_place = false;  ///< of another, whose descriptor is closed: forget it
    };
    /// Takes one waiting connection. Empty when there was none to keep: it went away, came from
    /// another PID namespace, found all slots taken (and was told so; a client that asks nothing
    /// makes room, and one that may not change things for one that may), or no descriptor was left
    /// (it is then hung up on, so that the listening socket does not stay readable for ever).
    [[nodiscard]] std::optional<Client> accept();

    /// What becomes of a client after a call.
    enum class Fate {
        Keep,
        Close,   ///< take its descriptor out of the loop, then call close()
        Decide,  ///< it wants something changed, and may: see wish(), then call answer()
        Reload,  ///< it wants the files read again, and may: call answer(), unless it waits, see
                 ///< is_waiting(), and tell_reload() will come
    };
    /// Reads one request of the client in `slot` and answers it, or remembers it when it has to
    /// wait. A newer request replaces one that waits.
    [[nodiscard]] Fate on_readable(std::size_t slot, const Snapshot& snapshot, base::Instant now);

    /// What the client in `slot` wants changed, after Fate::Decide. It names at least one service.
    struct Wish {
        Action action = Action::None;
        base::Signal signal{};
        Subject subject;
    };
    [[nodiscard]] Wish wish(std::size_t slot) const;
    [[nodiscard]] Fate answer(std::size_t slot, const Reply& reply);
    [[nodiscard]] bool is_waiting(std::size_t slot) const {
        return slots_[slot].waits_for != Waits::Nothing;
    }

    /// A reload is over: answers the clients that wait for it.
    void tell_reload(const ReloadReply& reply);

    static constexpr std::uint32_t kNobody = 0xffffffff;
    /// From here on snapshots have other services: `was` holds for each the index it had in
    /// `before`, or kNobody. Whoever waits for one that is gone is told so. It allocates.
    void renumber(std::span<const std::uint32_t> was, const Snapshot& before);

    /// Closes the client's socket and frees its slot; the descriptor must be out of the loop.
    void close(std::size_t slot);

    /// The container stood still. Docker calls one that it pauses unhealthy, and what its check of
    /// that time says no longer counts: so the next `--wait` is answered at once.
    void on_pause();

    /// Something may have changed: answers the clients that wait for it. Not needed while nobody
    /// does, see has_waiting().
    void on_change(const Snapshot& snapshot, base::Instant now);

    /// Answers the clients whose wait is over.
    void on_tick(const Snapshot& snapshot, base::Instant now) { on_change(snapshot, now); }

    /// Whether a client waits for a change.
    [[nodiscard]] bool has_waiting() const;

    /// When on_tick() wants to be called; empty while nobody waits.
    [[nodiscard]] std::optional<base::Instant> next_deadline() const;

  private:
    enum class Waits : std::uint8_t { Nothing, Health, Status, Reload };
    struct Slot {
        sys::UniqueFd socket;
        Waits waits_for = Waits::Nothing;
        bool may_change = false;  ///< root, or the user of PID 1
        std::uint64_t order = 0;  ///< grows with each request
        std::uint32_t first = 0;  ///< Waits::Status: the page, and the generation it is after
        std::uint64_t after = 0;
        Action action = Action::None;
        base::Signal signal{};
        base::Instant deadline{};
        Health last{};  ///< what the `--wait` client before this one was told
        Subject subject{};
    };

    Server(sys::UniqueFd listener, std::string name, std::size_t service_count);

    void hang_up_on_one();
    [[nodiscard]] Fate answer_health(Slot& slot, const Request& request, const Snapshot& snapshot,
                                     base::Instant now);
    [[nodiscard]] Fate answer_status(Slot& slot, const Request& request, const Snapshot& snapshot,
                                     base::Instant now);
    [[nodiscard]] static Fate send_page(Slot& slot, const Snapshot& snapshot, base::Instant now);
    [[nodiscard]] static Fate begin_reload(Slot& slot, const Request& request, base::Instant now);
    [[nodiscard]] static const Subject::Entry* follow(Subject& subject,
                                                      std::span<const std::uint32_t> was,
                                                      const Snapshot& before);
    [[nodiscard]] static Fate take_wish(Slot& slot, const Request& request,
                                        const Snapshot& snapshot);
    [[nodiscard]] Slot* slot_for(bool may_change);
    [[nodiscard]] Fate tell(Slot& slot, const HealthReply& reply, const Snapshot& snapshot);
    [[nodiscard]] static bool is_over(const Slot& slot, const HealthReply& reply,
                                      base::Instant now);
    [[nodiscard]] Health last_told(const Subject& subject, const Snapshot& snapshot) const;

    sys::UniqueFd listener_;
    sys::UniqueFd spare_;  ///< given up for a moment when no descriptor is left, see accept()
    std::string name_;
    std::array<Slot, kSlots> slots_;
    std::uint64_t order_ = 0;
    /// What was last told to a `--wait` client: [0] of the container, [1 + i] of service i.
    std::vector<Health> told_;
};

}  // namespace control
