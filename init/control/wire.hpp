// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <optional>
#include <type_traits>

#include "control/protocol.hpp"

/// How the messages of protocol.hpp become bytes; for its own files only.
namespace control::wire {

/// The third field of every message: what it is.
enum class Kind : std::uint16_t {
    Request = 1,
    Error = 16,
    Health = 17,
    Status = 18,
    Service = 19,
    Manage = 20,
    Reload = 21
};

inline constexpr std::size_t kHeaderSize = 8;
/// Absent durations travel as -1, because a real one is never negative.
inline constexpr std::int64_t kNoDuration = -1;

class Writer {
  public:
    explicit Writer(Kind kind) {
        put(kMagic);
        put(kVersion);
        put(static_cast<std::uint16_t>(kind));
    }

    template <class T>
    void put(T value) {
        static_assert(std::is_integral_v<T>);
        packet_.append(std::as_bytes(std::span{&value, 1}));
    }
    template <std::size_t Size>
    void put(const FixedText<Size>& text) {
        // All bytes behind the text are zero, so nothing of the stack leaves the process.
        std::array<char, Size> field{};
        std::copy_n(text.view().begin(), text.view().size(), field.begin());
        packet_.append(std::as_bytes(std::span{field}));
    }
    void put(base::Duration duration) { put(static_cast<std::int64_t>(duration.count())); }
    void put(const std::optional<base::Duration>& duration) {
        put(duration.value_or(base::Duration{kNoDuration}));
    }
    [[nodiscard]] const Packet& packet() const { return packet_; }

  private:
    Packet packet_;
};

/// Takes field after field out of a packet whose size was checked; remembers the first bad one.
class Reader {
  public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_{bytes} {}

    template <class T>
    T take() {
        static_assert(std::is_integral_v<T>);
        std::array<std::byte, sizeof(T)> field{};
        take_into(field);
        return std::bit_cast<T>(field);
    }
    /// A text must end inside its field; what follows the NUL is not looked at.
    template <std::size_t Size>
    FixedText<Size> take_text() {
        std::array<std::byte, Size> field{};
        take_into(field);
        const auto text = std::bit_cast<std::array<char, Size>>(field);
        is_good_ = is_good_ && std::find(text.begin(), text.end(), '\0') != text.end();
        return FixedText<Size>{std::string_view{text.data(), text.size()}};
    }
    /// An enumerator from the contiguous range that ends with `last`.
    template <class Enum>
    Enum take_enum(Enum first, Enum last) {
        using Raw = std::underlying_type_t<Enum>;
        const auto value = take<Raw>();
        const bool is_known = value >= static_cast<Raw>(first) && value <= static_cast<Raw>(last);
        is_good_ = is_good_ && is_known;
        return is_known ? static_cast<Enum>(value) : first;
    }
    base::Duration take_duration() {
        const auto count = take<std::int64_t>();
        require(count >= 0);
        return base::Duration{count};
    }
    std::optional<base::Duration> take_optional_duration() {
        const auto count = take<std::int64_t>();
        require(count >= kNoDuration);
        return count < 0 ? std::nullopt : std::optional{base::Duration{count}};
    }
    void require(bool holds) { is_good_ = is_good_ && holds; }
    /// Nothing taken so far was missing or bad.
    [[nodiscard]] bool is_intact() const { return is_good_; }
    /// That, and nothing is left over.
    [[nodiscard]] bool is_complete() const { return is_good_ && bytes_.empty(); }

  private:
    void take_into(std::span<std::byte> field) {
        if (bytes_.size() < field.size()) {
            is_good_ = false;
            return;
        }
        std::copy_n(bytes_.begin(), field.size(), field.begin());
        bytes_ = bytes_.subspan(field.size());
    }

    std::span<const std::byte> bytes_;
    bool is_good_ = true;
};

/// Reads magic and version, and gives the kind.
inline base::Result<Kind, ErrorCode> take_header(Reader& reader) {
    const auto magic = reader.take<std::uint32_t>();
    const auto version = reader.take<std::uint16_t>();
    const auto kind = reader.take<std::uint16_t>();
    if (!reader.is_intact() || magic != kMagic) {
        return base::unexpected{ErrorCode::BadRequest};
    }
    if (version != kVersion) {
        return base::unexpected{ErrorCode::BadVersion};
    }
    return static_cast<Kind>(kind);
}

/// Its packet; it has a file of its own because it is the longest.
[[nodiscard]] Packet write(const ServiceReply& reply);
[[nodiscard]] Reply read_service(Reader& reader);
/// What the layout in docs/control-protocol.md adds up to.
inline constexpr std::size_t kServiceSize = kHeaderSize + 64 + 16 + 1 + 1 + 4 + 8 + 3 * 8 + 2 * 8 +
                                            3 * 4 + 5 + 3 * 8 + 1 + 2 * 64 + 3 * 128;
static_assert(kServiceSize <= Packet::kCapacity);

}  // namespace control::wire
