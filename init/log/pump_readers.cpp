// SPDX-License-Identifier: MIT
#include "log/pump_readers.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/words.hpp"
#include "sys/packet_socket.hpp"
#include "sys/privileges.hpp"
#include "sys/unix_socket.hpp"

namespace logging {
namespace {

constexpr std::size_t kLargestRequest = 16 + kMaxLogNames * (kMaxLogName + 1);

// What services write may be secret, so not everybody may read it who may ask for their health.
bool may_read(int fd) {
    const auto peer = sys::peer_credentials(fd);
    return peer && peer->pid != base::Pid::None && (peer->uid == 0 || peer->uid == sys::own_uid());
}

}  // namespace

bool PumpReaders::is_any() const {
    return std::ranges::any_of(slots_, [](const Slot& slot) { return bool{slot.socket}; });
}

void PumpReaders::accept(int listener) {
    auto client = sys::accept_client(listener);
    if (!client || !*client) {
        return;
    }
    Slot newcomer;
    newcomer.socket = std::move(**client);
    if (!may_read(newcomer.socket.get())) {
        static_cast<void>(send(newcomer, {.kind = LogReply::Kind::Refused}));
        return;
    }
    const auto slot = std::ranges::find_if(slots_, [](const Slot& s) { return !s.socket; });
    if (slot == slots_.end()) {
        static_cast<void>(send(newcomer, {.kind = LogReply::Kind::Busy}));
        return;
    }
    const auto token =
        loop_.add(newcomer.socket.get(), kind_, static_cast<std::uint32_t>(slot - slots_.begin()));
    if (token) {
        newcomer.token = *token;
        *slot = std::move(newcomer);
    }
}

void PumpReaders::handle(std::size_t number, std::uint32_t events) {
    auto& slot = slots_[number];
    if ((events & EPOLLIN) != 0 && !slot.is_asked) {
        ask(slot);
    } else if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        // Whatever it says now, it has nothing more to ask.
        close(slot);
    } else if (slot.is_blocked) {
        slot.is_blocked = false;
        static_cast<void>(loop_.modify(slot.token, EPOLLIN));
        serve(slot);
    }
}

void PumpReaders::on_lines() {
    for (auto& slot : slots_) {
        if (slot.socket && slot.is_asked && !slot.is_blocked) {
            serve(slot);
        }
    }
}

void PumpReaders::ask(Slot& slot) {
    std::array<std::byte, kLargestRequest> buffer;
    const auto size = sys::receive_packet(slot.socket.get(), buffer);
    if (!size && size.error().code == EAGAIN) {
        return;
    }
    if (!size || *size == 0) {
        close(slot);
        return;
    }
    slot.is_asked = true;
    const auto request =
        *size <= buffer.size() ? decode_log_request(std::span{buffer}.first(*size)) : std::nullopt;
    const auto refusal =
        request ? begin(slot, *request) : LogReply{.kind = LogReply::Kind::BadRequest};
    if (refusal) {
        finish(slot, *refusal);
        return;
    }
    serve(slot);
}

std::optional<LogReply> PumpReaders::begin(Slot& slot, const LogRequest& request) {
    slot.follows = request.follows;
    slot.since = request.since;
    slot.positions.resize(services_.size());
    if (const auto refusal = choose(slot, request)) {
        return refusal;
    }
    for (std::size_t i = 0; i < services_.size(); ++i) {
        if (slot.positions[i]) {
            slot.positions[i] = last_lines(*services_[i].ring, request.lines, request.since);
        }
    }
    return std::nullopt;
}

// Marks the services that are asked for.
std::optional<LogReply> PumpReaders::choose(Slot& slot, const LogRequest& request) {
    bool is_any = false;
    if (request.services.empty()) {
        for (std::size_t i = 0; i < services_.size(); ++i) {
            if (services_[i].ring != nullptr && services_[i].ring->is_kept()) {
                slot.positions[i] = 0;
                is_any = true;
            }
        }
        return is_any ? std::nullopt : std::optional{LogReply{.kind = LogReply::Kind::NothingKept}};
    }
    for (const auto& name : request.services) {
        bool is_known = false;
        for (std::size_t i = 0; i < services_.size(); ++i) {
            const auto& service = services_[i];
            // NAME is all instances of it.
            if (service.name != name && !base::is_instance_of(service.name, name)) {
                continue;
            }
            is_known = true;
            if (service.ring == nullptr || !service.ring->is_kept()) {
                return LogReply{.kind = service.ring == nullptr ? LogReply::Kind::NotPumped
                                                                : LogReply::Kind::NotKept,
                                .service = service.name};
            }
            slot.positions[i] = 0;
        }
        if (!is_known) {
            return LogReply{.kind = LogReply::Kind::Unknown, .service = name};
        }
    }
    return std::nullopt;
}

// Where the last `count` lines that are not older than `since` begin. The parts of a line count as
// one.
std::uint64_t PumpReaders::last_lines(const Ring& ring, std::uint32_t count, std::int64_t since) {
    std::uint64_t total = 0;
    auto position = ring.begin();
    while (const auto line = ring.next(position)) {
        total += line->piece.ends_line && line->time >= since ? 1U : 0U;
    }
    position = ring.begin();
    auto begin = position;
    while (total > count) {
        const auto line = ring.next(position);
        if (!line) {
            break;
        }
        if (line->piece.ends_line && line->time >= since) {
            --total;
            begin = position;
        }
    }
    return count == 0 ? ring.end() : begin;
}

// The oldest line of all that are still to be sent; `service` says whose it is.
std::optional<LogReply> PumpReaders::next_reply(Slot& slot, std::size_t& service) const {
    std::optional<LogReply> oldest;
    for (std::size_t i = 0; i < services_.size(); ++i) {
        if (!slot.positions[i]) {
            continue;
        }
        const auto& ring = *services_[i].ring;
        if (*slot.positions[i] < ring.begin()) {
            service = i;
            return LogReply{.kind = LogReply::Kind::Missed, .service = services_[i].name};
        }
        auto position = *slot.positions[i];
        const auto line = ring.next(position);
        if (line && (!oldest || line->time < oldest->time)) {
            service = i;
            oldest = LogReply{.kind = LogReply::Kind::Line,
                              .stream = line->stream,
                              .ends_line = line->piece.ends_line,
                              .time = line->time,
                              .service = services_[i].name,
                              .text = line->piece.text};
        }
    }
    return oldest;
}

void PumpReaders::serve(Slot& slot) {
    std::size_t service = 0;
    while (const auto reply = next_reply(slot, service)) {
        const bool is_missed = reply->kind == LogReply::Kind::Missed;
        if ((is_missed || reply->time >= slot.since) && !send(slot, *reply)) {
            return;
        }
        auto& position = *slot.positions[service];
        if (is_missed) {
            position = services_[service].ring->begin();
        } else {
            static_cast<void>(services_[service].ring->next(position));
        }
    }
    if (!slot.follows) {
        finish(slot, {.kind = LogReply::Kind::End});
    }
}

// False when it cannot take it now, or is gone.
bool PumpReaders::send(Slot& slot, const LogReply& reply) {
    static std::array<std::byte, kMaxLogPacket> buffer;
    const auto sent = sys::send_packet(slot.socket.get(), encode(reply, buffer));
    if (sent) {
        return true;
    }
    if (sent.error().code == EAGAIN) {
        slot.is_blocked = true;
        static_cast<void>(loop_.modify(slot.token, EPOLLIN | EPOLLOUT));
    } else {
        close(slot);
    }
    return false;
}

void PumpReaders::finish(Slot& slot, const LogReply& reply) {
    if (send(slot, reply) || !slot.is_blocked) {
        close(slot);
    }
}

void PumpReaders::close(Slot& slot) {
    loop_.remove(slot.token);
    slot = Slot{};
}

}  // namespace logging
