// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "log/pump_line.hpp"

namespace logging {

/// Where a ring begins and ends, as positions that only grow.
struct RingHead {
    std::atomic<std::uint64_t> begin{0};
    std::atomic<std::uint64_t> end{0};
};

/// A line in a ring. The text lies in the ring and is valid until the next push().
struct KeptLine {
    std::int64_t time = 0;  ///< milliseconds since 1970
    Stream stream = Stream::Out;
    Piece piece;
};

/// The last lines of a service, in memory that outlives the pump: whoever dies in the middle of a
/// push() leaves a ring that the next pump can read.
class Ring {
  public:
    Ring() = default;
    /// `bytes` begins at a multiple of 8 and has the same size at every later pump. What is no
    /// valid ring becomes an empty one.
    Ring(RingHead& head, std::span<char> bytes);

    /// The size to map for a ring that keeps about `wanted` bytes; 0 for 0.
    [[nodiscard]] static std::size_t size_for(std::uint64_t wanted);

    /// Adds a line; the oldest ones make room. A text longer than half the ring is cut.
    void push(const KeptLine& line);

    /// The line at `position`, or the oldest one when that is gone; moves `position` behind it.
    /// Empty at the end.
    [[nodiscard]] std::optional<KeptLine> next(std::uint64_t& position) const;

    /// Whether there is one; without it everything else does nothing.
    [[nodiscard]] bool is_kept() const { return head_ != nullptr; }
    [[nodiscard]] std::uint64_t begin() const { return head_ == nullptr ? 0 : head_->begin.load(); }
    [[nodiscard]] std::uint64_t end() const { return head_ == nullptr ? 0 : head_->end.load(); }

  private:
    struct Record;

    [[nodiscard]] Record record_at(std::uint64_t position) const;
    [[nodiscard]] bool is_valid() const;
    void put(std::uint64_t position, const Record& record);

    RingHead* head_ = nullptr;
    std::span<char> bytes_;
};

}  // namespace logging
