// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "sys/fd.hpp"

namespace sys {

/// Names one registration in a Loop. Once it is removed the token is stale and does nothing.
struct Token {
    std::uint32_t slot = 0xffffffff;
    std::uint32_t generation = 0;

    [[nodiscard]] constexpr bool is_set() const noexcept { return slot != 0xffffffff; }
    friend bool operator==(const Token&, const Token&) = default;
};

/// A descriptor that has something: `kind` and `index` are what add() was given.
struct Ready {
    std::uint32_t kind = 0;
    std::uint32_t index = 0;
    std::uint32_t events = 0;  ///< EPOLLIN and so on; 0 = removed meanwhile, to be skipped
    Token token;
};

/// The one place PID 1 sleeps in: epoll(7) with a table of slots whose size is fixed at creation.
/// Level-triggered. Owns the epoll descriptor, never the watched ones. All but create() is
/// allocation-free.
class Loop {
  public:
    /// Makes a loop for at most `slots` descriptors at a time; allocates everything it will need.
    [[nodiscard]] static base::Result<Loop> create(std::size_t slots);

    /// Watches `fd` for `events` (EPOLLIN, EPOLLOUT, ...). ENOSPC when all slots are taken, EPERM
    /// for a regular file, which is always ready and cannot be watched.
    [[nodiscard]] base::Result<Token> add(int fd, std::uint32_t kind, std::uint32_t index,
                                          std::uint32_t events = EPOLLIN) noexcept;

    /// Changes the events of a registration; a stale token is ENOENT.
    [[nodiscard]] base::Result<void> modify(Token token, std::uint32_t events) noexcept;

    /// From here on the entries of a registration have another index; a stale token is ignored.
    void set_index(Token token, std::uint32_t index) noexcept;

    /// Makes room for `slots` descriptors at least; between two turns only, and it allocates.
    void grow(std::size_t slots);

    /// Ends a registration; call it before the descriptor is closed. An entry for it that the last
    /// wait() returned and that has not been looked at yet gets `events` 0. A stale token is
    /// ignored.
    void remove(Token token) noexcept;

    /// Blocks until something is ready or `timeout` has passed (none = for ever, negative = 0).
    /// The span is valid until the next wait(); it is empty after a time-out. Interrupted, it
    /// returns what is ready by then, so that nothing that came in time looks late.
    [[nodiscard]] base::Result<std::span<const Ready>> wait(
        std::optional<base::Duration> timeout) noexcept;

    /// Whether the last wait() was interrupted. Where all signals are blocked that is a process
    /// that was stopped or frozen meanwhile (signal(7)).
    [[nodiscard]] bool was_interrupted() const noexcept { return was_interrupted_; }

  private:
    struct Slot {
        int fd = -1;
        std::uint32_t generation = 1;
        std::uint32_t kind = 0;
        std::uint32_t index = 0;
    };

    Loop(UniqueFd epoll, std::size_t slots);
    [[nodiscard]] bool is_live(Token token) const noexcept;

    UniqueFd epoll_;
    std::vector<Slot> slots_;
    std::vector<epoll_event> raw_;
    std::vector<Ready> ready_;
    std::size_t ready_count_ = 0;
    bool was_interrupted_ = false;
};

}  // namespace sys
