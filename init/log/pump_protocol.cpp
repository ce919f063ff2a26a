// SPDX-License-Identifier: MIT
#include "log/pump_protocol.hpp"

#include <algorithm>
#include <cstring>

namespace logging {
namespace {

struct RequestHead {
    std::uint8_t version = kLogVersion;
    std::uint8_t follows = 0;
    std::uint8_t name_count = 0;
    std::uint8_t reserved = 0;
    std::uint32_t lines = 0;
    std::int64_t since = 0;
};

struct ReplyHead {
    std::uint8_t version = kLogVersion;
    std::uint8_t kind = 0;
    std::uint8_t stream = 0;
    std::uint8_t ends_line = 0;
    std::uint8_t name_size = 0;
    std::array<std::uint8_t, 3> reserved{};
    std::int64_t time = 0;
};

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Head>
std::optional<Head> take_head(std::span<const std::byte>& packet) {
    Head head;
    if (packet.size() < sizeof head) {
        return std::nullopt;
    }
    std::memcpy(&head, packet.data(), sizeof head);
    packet = packet.subspan(sizeof head);
    if (head.version != kLogVersion) {
        return std::nullopt;
    }
    return head;
}

}  // namespace

std::vector<std::byte> encode(const LogRequest& request) {
    const RequestHead head{.follows = request.follows ? std::uint8_t{1} : std::uint8_t{0},
                           .name_count = static_cast<std::uint8_t>(request.services.size()),
                           .lines = request.lines,
                           .since = request.since};
    std::vector<std::byte> packet(sizeof head);
    std::memcpy(packet.data(), &head, sizeof head);
    for (const auto& service : request.services) {
        packet.push_back(static_cast<std::byte>(service.size()));
        std::transform(service.begin(), service.end(), std::back_inserter(packet),
                       [](char byte) { return static_cast<std::byte>(byte); });
    }
    return packet;
}

std::optional<LogRequest> decode_log_request(std::span<const std::byte> packet) {
    const auto head = take_head<RequestHead>(packet);
    if (!head || head->follows > 1 || head->name_count > kMaxLogNames) {
        return std::nullopt;
    }
    LogRequest request{.follows = head->follows == 1, .lines = head->lines, .since = head->since};
    for (int i = 0; i < head->name_count; ++i) {
        const auto size = packet.empty() ? 0 : static_cast<std::size_t>(packet[0]);
        if (size == 0 || packet.size() < size + 1) {
            return std::nullopt;
        }
        request.services.emplace_back(text_of(packet.subspan(1, size)));
        packet = packet.subspan(size + 1);
    }
    if (!packet.empty()) {
        return std::nullopt;
    }
    return request;
}

std::span<const std::byte> encode(const LogReply& reply,
                                  std::array<std::byte, kMaxLogPacket>& buffer) {
    const auto name = reply.service.substr(0, kMaxLogName);
    const auto text = reply.text.substr(0, buffer.size() - sizeof(ReplyHead) - name.size());
    const ReplyHead head{.kind = static_cast<std::uint8_t>(reply.kind),
                         .stream = static_cast<std::uint8_t>(reply.stream),
                         .ends_line = reply.ends_line ? std::uint8_t{1} : std::uint8_t{0},
                         .name_size = static_cast<std::uint8_t>(name.size()),
                         .time = reply.time};
    std::memcpy(buffer.data(), &head, sizeof head);
    // Of an empty text there may be no address, which memcpy(3) does not take.
    const auto rest =
        std::ranges::copy(std::as_bytes(std::span{name}), buffer.begin() + sizeof head);
    const auto end = std::ranges::copy(std::as_bytes(std::span{text}), rest.out);
    return std::span{buffer.begin(), end.out};
}

std::optional<LogReply> decode_log_reply(std::span<const std::byte> packet) {
    const auto head = take_head<ReplyHead>(packet);
    if (!head || head->kind < static_cast<std::uint8_t>(LogReply::Kind::Line) ||
        head->kind > static_cast<std::uint8_t>(LogReply::Kind::BadRequest) || head->stream > 1 ||
        head->ends_line > 1 || head->name_size > packet.size()) {
        return std::nullopt;
    }
    return LogReply{.kind = LogReply::Kind{head->kind},
                    .stream = Stream{head->stream},
                    .ends_line = head->ends_line == 1,
                    .time = head->time,
                    .service = text_of(packet.first(head->name_size)),
                    .text = text_of(packet.subspan(head->name_size))};
}

}  // namespace logging
