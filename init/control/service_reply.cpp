// SPDX-License-Identifier: MIT
#include "control/wire.hpp"

namespace control::wire {
namespace {

enum class Ending : std::uint8_t { None = 0, Exited = 1, Killed = 2, KilledWithCore = 3 };

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

/// The bits of the one byte of flags.
constexpr std::uint8_t kEssential = 1;
constexpr std::uint8_t kOneshot = 2;
constexpr std::uint8_t kProvesReady = 4;
constexpr std::uint8_t kEndedWell = 8;
constexpr std::uint8_t kGaveUp = 16;
constexpr std::uint8_t kAllFlags = 31;

std::uint8_t flags_of(const ServiceReply& reply) {
    return static_cast<std::uint8_t>(
        (reply.is_essential ? kEssential : 0) | (reply.is_oneshot ? kOneshot : 0) |
        (reply.proves_ready ? kProvesReady : 0) | (reply.ended_well ? kEndedWell : 0) |
        (reply.gave_up ? kGaveUp : 0));
}

}  // namespace

Packet write(const ServiceReply& reply) {
    Writer writer{Kind::Service};
    writer.put(reply.name);
    writer.put(reply.state);
    writer.put(static_cast<std::uint8_t>(reply.health));
    writer.put(flags_of(reply));
    writer.put(static_cast<std::int32_t>(raw(reply.pid)));
    writer.put(reply.since);
    writer.put(reply.spawned);
    writer.put(reply.executed);
    writer.put(reply.ready);
    writer.put(reply.deadline);
    writer.put(reply.next_run);
    writer.put(reply.restarts);
    writer.put(reply.attempt);
    writer.put(reply.limit);
    put_ending(writer, reply.last_exit);
    writer.put(reply.log_lines);
    writer.put(reply.log_bytes);
    writer.put(reply.log_drops);
    writer.put(static_cast<std::uint8_t>(reply.hold));
    writer.put(reply.held_by);
    writer.put(reply.behind);
    writer.put(reply.status_text);
    writer.put(reply.step);
    writer.put(reply.failure);
    return writer.packet();
}

Reply read_service(Reader& reader) {
    ServiceReply reply;
    reply.name = reader.take_text<64>();
    reply.state = reader.take_text<16>();
    reply.health = reader.take_enum(Health::Starting, Health::Stopping);
    const auto flags = reader.take<std::uint8_t>();
    reader.require(flags <= kAllFlags);
    reply.is_essential = (flags & kEssential) != 0;
    reply.is_oneshot = (flags & kOneshot) != 0;
    reply.proves_ready = (flags & kProvesReady) != 0;
    reply.ended_well = (flags & kEndedWell) != 0;
    reply.gave_up = (flags & kGaveUp) != 0;
    const auto pid = reader.take<std::int32_t>();
    reader.require(pid >= 0);
    reply.pid = base::Pid{pid};
    reply.since = reader.take_duration();
    reply.spawned = reader.take_optional_duration();
    reply.executed = reader.take_optional_duration();
    reply.ready = reader.take_optional_duration();
    reply.deadline = reader.take_optional_duration();
    reply.next_run = reader.take_optional_duration();
    reply.restarts = reader.take<std::uint32_t>();
    reply.attempt = reader.take<std::uint32_t>();
    reply.limit = reader.take<std::uint32_t>();
    reply.last_exit = take_ending(reader);
    reply.log_lines = reader.take<std::uint64_t>();
    reply.log_bytes = reader.take<std::uint64_t>();
    reply.log_drops = reader.take<std::uint64_t>();
    reply.hold = reader.take_enum(Hold::None, Hold::LostRequirement);
    reply.held_by = reader.take_text<64>();
    reply.behind = reader.take_text<64>();
    reply.status_text = reader.take_text<128>();
    reply.step = reader.take_text<128>();
    reply.failure = reader.take_text<128>();
    return reply;
}

}  // namespace control::wire
