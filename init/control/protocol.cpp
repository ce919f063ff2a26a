// SPDX-License-Identifier: MIT
#include "control/protocol.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

namespace control {
namespace {

/// The third field of every message: what it is.
enum class Kind : std::uint16_t { Request = 1, Error = 16, Health = 17, Status = 18, Service = 19 };

constexpr std::size_t kHeaderSize = 8;
constexpr std::size_t kRequestSize = kHeaderSize + 2 + 2 + 4 + 8 + 4 + 4 + kMaxNames * 64;
constexpr std::size_t kErrorSize = kHeaderSize + 2 + 64;
constexpr std::size_t kHealthSize = kHeaderSize + 1 + 1 + 64 + 16;
constexpr std::size_t kStatusSize = kHeaderSize + 1 + 1 + 16 + 8 + 4 + 4 + 4;
constexpr std::size_t kServiceSize = kHeaderSize + 64 + 16 + 1 + 4 + 8 + 8 + 4 + 1 + 4 + 128;
static_assert(kRequestSize <= Packet::kCapacity);

/// Absent durations travel as -1, because a real one is never negative.
constexpr std::int64_t kNoDuration = -1;

enum class Ending : std::uint8_t { None = 0, Exited = 1, Killed = 2, KilledWithCore = 3 };

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
base::Result<Kind, ErrorCode> take_header(Reader& reader) {
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

Packet write(const ErrorReply& reply) {
    Writer writer{Kind::Error};
    writer.put(static_cast<std::uint16_t>(reply.code));
    writer.put(reply.name);
    return writer.packet();
}

Packet write(const HealthReply& reply) {
    Writer writer{Kind::Health};
    writer.put(static_cast<std::uint8_t>(reply.health));
    writer.put(static_cast<std::uint8_t>(reply.mode));
    writer.put(reply.service);
    writer.put(reply.state);
    return writer.packet();
}

Packet write(const StatusReply& reply) {
    Writer writer{Kind::Status};
    writer.put(static_cast<std::uint8_t>(reply.health));
    writer.put(static_cast<std::uint8_t>(reply.mode));
    writer.put(reply.version);
    writer.put(static_cast<std::int64_t>(reply.uptime.count()));
    writer.put(reply.total);
    writer.put(reply.first);
    writer.put(reply.count);
    return writer.packet();
}

void put_ending(Writer& writer, const std::optional<base::ExitStatus>& status) {
    if (!status) {
        writer.put(static_cast<std::uint8_t>(Ending::None));
        writer.put(std::int32_t{0});
    } else if (status->was_killed()) {
        const auto ending = status->dumped_core() ? Ending::KilledWithCore : Ending::Killed;
        writer.put(static_cast<std::uint8_t>(ending));
        writer.put(static_cast<std::int32_t>(raw(status->signal())));
    } else {
        writer.put(static_cast<std::uint8_t>(Ending::Exited));
        writer.put(static_cast<std::int32_t>(status->code()));
    }
}

std::optional<base::ExitStatus> take_ending(Reader& reader) {
    const auto ending = reader.take_enum(Ending::None, Ending::KilledWithCore);
    const auto number = reader.take<std::int32_t>();
    switch (ending) {
    case Ending::None:
        return std::nullopt;
    case Ending::Exited:
        reader.require(number >= 0 && number <= 255);
        return base::ExitStatus::exited(number);
    case Ending::Killed:
    case Ending::KilledWithCore:
        break;
    }
    reader.require(number >= 1 && number <= base::kMaxSignal);
    return base::ExitStatus::killed(base::Signal{number}, ending == Ending::KilledWithCore);
}

Packet write(const ServiceReply& reply) {
    Writer writer{Kind::Service};
    writer.put(reply.name);
    writer.put(reply.state);
    writer.put(static_cast<std::uint8_t>(reply.health));
    writer.put(static_cast<std::int32_t>(raw(reply.pid)));
    writer.put(static_cast<std::int64_t>(reply.since.count()));
    writer.put(
        static_cast<std::int64_t>(reply.ready_after ? reply.ready_after->count() : kNoDuration));
    writer.put(reply.restarts);
    put_ending(writer, reply.last_exit);
    writer.put(reply.status_text);
    return writer.packet();
}

Reply read_error(Reader& reader) {
    ErrorReply reply;
    reply.code = reader.take_enum(ErrorCode::Busy, ErrorCode::Refused);
    reply.name = reader.take_text<64>();
    return reply;
}

Reply read_health(Reader& reader) {
    HealthReply reply;
    reply.health = reader.take_enum(Health::Starting, Health::Stopping);
    reply.mode = reader.take_enum(Mode::Service, Mode::Command);
    reply.service = reader.take_text<64>();
    reply.state = reader.take_text<16>();
    return reply;
}

Reply read_status(Reader& reader) {
    StatusReply reply;
    reply.health = reader.take_enum(Health::Starting, Health::Stopping);
    reply.mode = reader.take_enum(Mode::Service, Mode::Command);
    reply.version = reader.take_text<16>();
    reply.uptime = reader.take_duration();
    reply.total = reader.take<std::uint32_t>();
    reply.first = reader.take<std::uint32_t>();
    reply.count = reader.take<std::uint32_t>();
    reader.require(reply.first <= reply.total && reply.count <= reply.total - reply.first &&
                   reply.count <= kPageSize);
    return reply;
}

Reply read_service(Reader& reader) {
    ServiceReply reply;
    reply.name = reader.take_text<64>();
    reply.state = reader.take_text<16>();
    reply.health = reader.take_enum(Health::Starting, Health::Stopping);
    const auto pid = reader.take<std::int32_t>();
    reader.require(pid >= 0);
    reply.pid = base::Pid{pid};
    reply.since = reader.take_duration();
    const auto ready_after = reader.take<std::int64_t>();
    reader.require(ready_after >= kNoDuration);
    if (ready_after != kNoDuration) {
        reply.ready_after = base::Duration{ready_after};
    }
    reply.restarts = reader.take<std::uint32_t>();
    reply.last_exit = take_ending(reader);
    reply.status_text = reader.take_text<128>();
    return reply;
}

}  // namespace

std::string_view to_string(Health health) {
    switch (health) {
    case Health::Starting:
        return "starting";
    case Health::Healthy:
        return "healthy";
    case Health::Unhealthy:
        return "unhealthy";
    case Health::Stopping:
        return "stopping";
    }
    return "unknown";
}

void Packet::append(std::span<const std::byte> more) {
    const auto count = std::min(more.size(), bytes_.size() - size_);
    std::copy_n(more.begin(), count, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += count;
}

Packet encode(const Request& request) {
    const auto wait = std::clamp(request.wait, base::Duration{0}, kMaxWait);
    Writer writer{Kind::Request};
    writer.put(static_cast<std::uint16_t>(request.op));
    writer.put(static_cast<std::uint16_t>(request.is_waiting ? 1 : 0));
    writer.put(request.first);
    writer.put(static_cast<std::int64_t>(wait.count()));
    writer.put(static_cast<std::uint32_t>(request.name_count));
    writer.put(std::uint32_t{0});  // reserved
    for (const auto& name : request.names) {
        writer.put(name);
    }
    return writer.packet();
}

Packet encode(const Reply& reply) {
    return std::visit([](const auto& alternative) { return write(alternative); }, reply);
}

base::Result<Request, ErrorCode> decode_request(std::span<const std::byte> packet) {
    Reader reader{packet};
    const auto kind = take_header(reader);
    if (!kind) {
        return base::unexpected{kind.error()};
    }
    Request request;
    request.op = reader.take_enum(Op::Health, Op::Status);
    const auto is_waiting = reader.take<std::uint16_t>();
    request.is_waiting = is_waiting == 1;
    request.first = reader.take<std::uint32_t>();
    request.wait = std::min(reader.take_duration(), kMaxWait);
    request.name_count = reader.take<std::uint32_t>();
    const auto reserved = reader.take<std::uint32_t>();
    for (auto& name : request.names) {
        name = reader.take_text<64>();
    }
    reader.require(*kind == Kind::Request && is_waiting <= 1 && reserved == 0 &&
                   request.name_count <= kMaxNames);
    if (packet.size() != kRequestSize || !reader.is_complete()) {
        return base::unexpected{ErrorCode::BadRequest};
    }
    return request;
}

base::Result<Reply, ErrorCode> decode_reply(std::span<const std::byte> packet) {
    struct Form {
        Kind kind;
        std::size_t size;
        Reply (*read)(Reader&);
    };
    static constexpr std::array kForms{Form{Kind::Error, kErrorSize, read_error},
                                       Form{Kind::Health, kHealthSize, read_health},
                                       Form{Kind::Status, kStatusSize, read_status},
                                       Form{Kind::Service, kServiceSize, read_service}};

    Reader reader{packet};
    const auto kind = take_header(reader);
    if (!kind) {
        return base::unexpected{kind.error()};
    }
    const auto* form = std::find_if(kForms.begin(), kForms.end(),
                                    [&](const Form& known) { return known.kind == *kind; });
    if (form == kForms.end() || packet.size() != form->size) {
        return base::unexpected{ErrorCode::BadRequest};
    }
    auto reply = form->read(reader);
    if (!reader.is_complete()) {
        return base::unexpected{ErrorCode::BadRequest};
    }
    return reply;
}

}  // namespace control
