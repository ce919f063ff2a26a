// SPDX-License-Identifier: MIT
#include "control/protocol.hpp"

#include <algorithm>

#include "control/wire.hpp"

namespace control {
namespace {

using wire::kHeaderSize;
using wire::Kind;
using wire::kServiceSize;
using wire::read_service;
using wire::Reader;
using wire::take_header;
using wire::write;
using wire::Writer;

constexpr std::size_t kRequestSize = kHeaderSize + 2 + 2 + 4 + 8 + 4 + 2 + 2 + 8 + kMaxNames * 64;
constexpr std::size_t kErrorSize = kHeaderSize + 2 + 64;
constexpr std::size_t kHealthSize = kHeaderSize + 1 + 1 + 64 + 16;
constexpr std::size_t kStatusSize = kHeaderSize + 1 + 1 + 16 + 8 + 4 + 4 + 4 + 3 * 8;
constexpr std::size_t kManageSize = kHeaderSize + 4 + 4 + kMaxNames * 64;
constexpr std::size_t kReloadSize = kHeaderSize + 1 + 1024;
static_assert(kRequestSize <= Packet::kCapacity && kManageSize <= Packet::kCapacity &&
              kReloadSize <= Packet::kCapacity);

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
    writer.put(reply.uptime);
    writer.put(reply.total);
    writer.put(reply.first);
    writer.put(reply.count);
    writer.put(reply.generation);
    writer.put(reply.reaped);
    writer.put(reply.forwarded);
    return writer.packet();
}

Packet write(const ManageReply& reply) {
    Writer writer{Kind::Manage};
    writer.put(reply.accepted);
    writer.put(reply.also_count);
    for (const auto& name : reply.also) {
        writer.put(name);
    }
    return writer.packet();
}

Packet write(const ReloadReply& reply) {
    Writer writer{Kind::Reload};
    writer.put(static_cast<std::uint8_t>(reply.outcome));
    writer.put(reply.text);
    return writer.packet();
}

Reply read_error(Reader& reader) {
    ErrorReply reply;
    reply.code = reader.take_enum(ErrorCode::Busy, ErrorCode::ReloadRuns);
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
    reply.generation = reader.take<std::uint64_t>();
    reply.reaped = reader.take<std::uint64_t>();
    reply.forwarded = reader.take<std::uint64_t>();
    reader.require(reply.first <= reply.total && reply.count <= reply.total - reply.first &&
                   reply.count <= kPageSize);
    return reply;
}

Reply read_manage(Reader& reader) {
    ManageReply reply;
    reply.accepted = reader.take<std::uint32_t>();
    reply.also_count = reader.take<std::uint32_t>();
    for (auto& name : reply.also) {
        name = reader.take_text<64>();
    }
    return reply;
}

Reply read_reload(Reader& reader) {
    using Outcome = ReloadReply::Outcome;
    ReloadReply reply;
    reply.outcome = reader.take_enum(Outcome::Done, Outcome::Pending);
    reply.text = reader.take_text<1024>();
    return reply;
}

/// What only one operation has is zero in all others, so that it can be given a meaning there.
bool is_consistent(const Request& request) {
    const bool manages = request.op == Op::Manage;
    const bool signals = request.action == Action::Signal;
    const auto signal = raw(request.signal);
    return manages == (request.action != Action::None) && (!manages || request.name_count > 0) &&
           (request.op != Op::Reload || request.name_count == 0) &&
           (signals ? signal >= 1 && signal <= base::kMaxSignal : signal == 0) &&
           (request.op == Op::Status || (request.first == 0 && request.after == 0));
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
    writer.put(wait);
    writer.put(static_cast<std::uint32_t>(request.name_count));
    writer.put(static_cast<std::uint16_t>(request.action));
    writer.put(static_cast<std::uint16_t>(raw(request.signal)));
    writer.put(request.after);
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
    request.op = reader.take_enum(Op::Health, Op::Reload);
    const auto is_waiting = reader.take<std::uint16_t>();
    request.is_waiting = is_waiting == 1;
    request.first = reader.take<std::uint32_t>();
    request.wait = std::min(reader.take_duration(), kMaxWait);
    request.name_count = reader.take<std::uint32_t>();
    request.action = reader.take_enum(Action::None, Action::Reload);
    request.signal = base::Signal{reader.take<std::uint16_t>()};
    request.after = reader.take<std::uint64_t>();
    for (auto& name : request.names) {
        name = reader.take_text<64>();
    }
    reader.require(*kind == Kind::Request && is_waiting <= 1 && request.name_count <= kMaxNames &&
                   is_consistent(request));
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
                                       Form{Kind::Service, kServiceSize, read_service},
                                       Form{Kind::Manage, kManageSize, read_manage},
                                       Form{Kind::Reload, kReloadSize, read_reload}};

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
