// SPDX-License-Identifier: MIT
#include "control/server.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <span>
#include <utility>

#include "base/words.hpp"
#include "sys/files.hpp"
#include "sys/packet_socket.hpp"
#include "sys/privileges.hpp"
#include "sys/unix_socket.hpp"

namespace control {
namespace {

/// A state that leaves a `--wait` client nothing to wait for.
constexpr bool is_final(Health health) {
    return health == Health::Unhealthy || health == Health::Stopping;
}

bool send_reply(const sys::UniqueFd& socket, const Reply& reply) {
    const auto packet = encode(reply);
    return sys::send_packet(socket.get(), packet.bytes()).has_value();
}

std::string_view directory_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos || slash == 0 ? std::string_view{}
                                                         : path.substr(0, slash);
}

/// Whether somebody serves the socket at `address`, as when two containers share a /run.
bool is_in_use(std::string_view address) {
    const auto socket = sys::connect_to(address, std::chrono::milliseconds{100});
    return socket || socket.error().code == EAGAIN || socket.error().code == EPROTOTYPE;
}

base::Result<sys::UniqueFd> listen_at(std::string_view address) {
    // Taking it away would leave the other one's clients without an answer.
    if (is_in_use(address)) {
        return base::unexpected{base::Errno{"bind", EADDRINUSE}};
    }
    const std::string directory{address.starts_with('@') ? "" : directory_of(address)};
    // One that exists keeps its mode: it is the image's or the volume's decision.
    if (!directory.empty() && sys::kind_of(directory) == sys::FileKind::None) {
        if (auto made = sys::make_directory(directory, 0755); !made) {
            return base::unexpected{made.error()};
        }
    }
    return sys::listen_on(address);
}

}  // namespace

base::Result<Server> Server::open(std::string_view path, std::size_t service_count) {
    if (path.empty()) {
        return Server{sys::UniqueFd{}, std::string{}, service_count};
    }
    auto listener = listen_at(path);
    if (listener) {
        return Server{std::move(*listener), std::string{path}, service_count};
    }
    if (auto address = abstract_address()) {
        if (auto fallback = sys::listen_on(*address)) {
            return Server{std::move(*fallback), std::move(*address), service_count};
        }
    }
    return base::unexpected{listener.error()};
}

Server::Server(sys::UniqueFd listener, std::string name, std::size_t service_count)
    : listener_{std::move(listener)},
      name_{std::move(name)},
      told_(service_count + 1, Health::Starting) {
    if (listener_) {
        if (auto spare = sys::duplicate(listener_.get())) {
            spare_ = std::move(*spare);
        }
    }
}

std::optional<Server::Client> Server::accept() {
    auto taken = sys::accept_client(listener_.get());
    if (!taken && (taken.error().code == EMFILE || taken.error().code == ENFILE)) {
        hang_up_on_one();
        return std::nullopt;
    }
    if (!taken || !*taken) {
        return std::nullopt;
    }
    auto socket = std::move(**taken);
    const auto peer = sys::peer_credentials(socket.get());
    if (!peer || peer->pid == base::Pid::None) {
        static_cast<void>(send_reply(socket, ErrorReply{ErrorCode::Refused, {}}));
        return std::nullopt;
    }
    const bool may_change = peer->uid == 0 || peer->uid == sys::own_uid();
    auto* slot = slot_for(may_change);
    if (slot == nullptr) {
        static_cast<void>(send_reply(socket, ErrorReply{ErrorCode::Busy, {}}));
        return std::nullopt;
    }
    const bool was_taken = static_cast<bool>(slot->socket);
    if (was_taken) {
        static_cast<void>(send_reply(slot->socket, ErrorReply{ErrorCode::Busy, {}}));
    }
    *slot = Slot{};
    slot->socket = std::move(socket);
    slot->may_change = may_change;
    slot->order = ++order_;
    return Client{static_cast<std::size_t>(slot - slots_.data()), slot->socket.get(), was_taken};
}

/// A free place; else that of the client which has been silent longest, for a client asks as soon
/// as it is in; else, for one that may change things, that of one that may not. Else none.
Server::Slot* Server::slot_for(bool may_change) {
    const auto rank = [&](const Slot& slot) {
        return !slot.socket                       ? 0
               : slot.waits_for == Waits::Nothing ? 1
               : may_change && !slot.may_change   ? 2
                                                  : 3;
    };
    auto* best = &slots_.front();
    for (auto& slot : slots_) {
        if (rank(slot) < rank(*best) || (rank(slot) == rank(*best) && slot.order < best->order)) {
            best = &slot;
        }
    }
    return rank(*best) < 3 ? best : nullptr;
}

/// A client that cannot be accepted keeps a level-triggered listening socket readable, and PID 1
/// would spin. The spare descriptor makes room for just as long as it takes to turn it away.
void Server::hang_up_on_one() {
    spare_.reset();
    if (auto taken = sys::accept_client(listener_.get()); taken && *taken) {
        static_cast<void>(send_reply(**taken, ErrorReply{ErrorCode::Busy, {}}));
    }
    if (auto spare = sys::duplicate(listener_.get())) {
        spare_ = std::move(*spare);
    }
}

Server::Fate Server::on_readable(std::size_t slot, const Snapshot& snapshot, base::Instant now) {
    auto& client = slots_[slot];
    std::array<std::byte, Packet::kCapacity> buffer;
    const auto size = sys::receive_packet(client.socket.get(), buffer);
    if (!size) {
        return size.error().code == EAGAIN ? Fate::Keep : Fate::Close;
    }
    if (*size == 0) {
        return Fate::Close;
    }
    const auto request =
        *size > buffer.size()
            ? base::Result<Request, ErrorCode>{base::unexpected{ErrorCode::BadRequest}}
            : decode_request(std::span{buffer}.first(*size));
    if (!request) {
        static_cast<void>(send_reply(client.socket, ErrorReply{request.error(), {}}));
        return Fate::Close;
    }
    client.waits_for = Waits::Nothing;
    client.order = ++order_;
    switch (request->op) {
    case Op::Health:
        return answer_health(client, *request, snapshot, now);
    case Op::Status:
        return answer_status(client, *request, snapshot, now);
    case Op::Reload:
        return begin_reload(client, *request, now);
    case Op::Manage:
        break;
    }
    return take_wish(client, *request, snapshot);
}

Server::Fate Server::answer_status(Slot& slot, const Request& request, const Snapshot& snapshot,
                                   base::Instant now) {
    slot.first = request.first;
    slot.after = request.after;
    slot.deadline = now + request.wait;
    const bool has_news = !request.is_waiting || request.after != snapshot.container.generation;
    if (!has_news && request.wait > base::Duration{0}) {
        slot.waits_for = Waits::Status;
        return Fate::Keep;
    }
    return send_page(slot, snapshot, now);
}

Server::Fate Server::send_page(Slot& slot, const Snapshot& snapshot, base::Instant now) {
    slot.waits_for = Waits::Nothing;
    const auto header = status_reply(slot.first, snapshot, now);
    bool is_sent = send_reply(slot.socket, header);
    for (const auto& service : snapshot.services.subspan(header.first, header.count)) {
        is_sent = is_sent && send_reply(slot.socket,
                                        service_reply(service, snapshot.container.started_at, now));
    }
    // A page is far smaller than a socket buffer, so whoever let it fill up does not read.
    return is_sent ? Fate::Keep : Fate::Close;
}

Server::Fate Server::take_wish(Slot& slot, const Request& request, const Snapshot& snapshot) {
    if (!slot.may_change) {
        return send_reply(slot.socket, ErrorReply{ErrorCode::Forbidden, {}}) ? Fate::Keep
                                                                             : Fate::Close;
    }
    const auto subject = resolve(request, snapshot.services);
    if (!subject) {
        const ErrorReply reply{ErrorCode::UnknownService, subject.error()};
        return send_reply(slot.socket, reply) ? Fate::Keep : Fate::Close;
    }
    slot.subject = *subject;
    slot.action = request.action;
    slot.signal = request.signal;
    return Fate::Decide;
}

Server::Fate Server::begin_reload(Slot& slot, const Request& request, base::Instant now) {
    if (!slot.may_change) {
        return send_reply(slot.socket, ErrorReply{ErrorCode::Forbidden, {}}) ? Fate::Keep
                                                                             : Fate::Close;
    }
    slot.deadline = now + request.wait;
    slot.waits_for = request.is_waiting ? Waits::Reload : Waits::Nothing;
    return Fate::Reload;
}

void Server::tell_reload(const ReloadReply& reply) {
    for (auto& slot : slots_) {
        if (slot.waits_for == Waits::Reload) {
            slot.waits_for = Waits::Nothing;
            static_cast<void>(send_reply(slot.socket, reply));
        }
    }
}

/// The first of what it names of which nothing is left, or none.
const Subject::Entry* Server::follow(Subject& subject, std::span<const std::uint32_t> was,
                                     const Snapshot& before) {
    for (auto& entry : std::span{subject.entries}.first(subject.count)) {
        const auto found = std::find_if(was.begin(), was.end(), [&](std::uint32_t index) {
            return index != kNobody && entry.covers(index, before.services);
        });
        if (found == was.end()) {
            return &entry;
        }
        entry.service = static_cast<std::uint32_t>(found - was.begin());
    }
    return nullptr;
}

void Server::renumber(std::span<const std::uint32_t> was, const Snapshot& before) {
    std::vector<Health> told(was.size() + 1, Health::Starting);
    told[0] = told_[0];
    for (std::size_t i = 0; i < was.size(); ++i) {
        told[i + 1] = was[i] == kNobody ? Health::Starting : told_[was[i] + 1];
    }
    told_ = std::move(told);
    for (auto& slot : slots_) {
        if (slot.waits_for != Waits::Health) {
            continue;  // what it named was done with
        }
        if (const auto* gone = follow(slot.subject, was, before); gone != nullptr) {
            const auto name = before.services[gone->service].name;
            slot.waits_for = Waits::Nothing;
            static_cast<void>(send_reply(
                slot.socket, ErrorReply{ErrorCode::UnknownService,
                                        Name{gone->means_instances ? base::stem_of(name) : name}}));
        }
    }
}

Server::Wish Server::wish(std::size_t slot) const {
    return {slots_[slot].action, slots_[slot].signal, slots_[slot].subject};
}

Server::Fate Server::answer(std::size_t slot, const Reply& reply) {
    slots_[slot].waits_for = Waits::Nothing;
    return send_reply(slots_[slot].socket, reply) ? Fate::Keep : Fate::Close;
}

Server::Fate Server::answer_health(Slot& slot, const Request& request, const Snapshot& snapshot,
                                   base::Instant now) {
    const auto subject = resolve(request, snapshot.services);
    if (!subject) {
        const ErrorReply reply{ErrorCode::UnknownService, subject.error()};
        return send_reply(slot.socket, reply) ? Fate::Keep : Fate::Close;
    }
    slot.subject = *subject;
    const auto reply = health_reply(slot.subject, snapshot);
    if (!request.is_waiting) {
        return send_reply(slot.socket, reply) ? Fate::Keep : Fate::Close;
    }
    slot.last = last_told(slot.subject, snapshot);
    slot.deadline = now + request.wait;
    if (is_over(slot, reply, now)) {
        return tell(slot, reply, snapshot);
    }
    slot.waits_for = Waits::Health;
    return Fate::Keep;
}

/// The rule of `healthcheck --wait`: news and bad states are told at once, the rest at the end of
/// the wait. In command mode there is never any news.
bool Server::is_over(const Slot& slot, const HealthReply& reply, base::Instant now) {
    return reply.mode == Mode::Command || is_final(reply.health) || reply.health != slot.last ||
           now >= slot.deadline;
}

/// Sends the answer of a `--wait` and remembers, for each service it covers, what was told.
Server::Fate Server::tell(Slot& slot, const HealthReply& reply, const Snapshot& snapshot) {
    slot.waits_for = Waits::Nothing;
    if (!send_reply(slot.socket, reply)) {
        return Fate::Close;
    }
    if (slot.subject.count == 0) {
        told_[0] = reply.health;
    }
    for (std::size_t i = 0; i < snapshot.services.size(); ++i) {
        if (slot.subject.covers(i, snapshot.services)) {
            told_[i + 1] = snapshot.services[i].health;
        }
    }
    return Fate::Keep;
}

Health Server::last_told(const Subject& subject, const Snapshot& snapshot) const {
    if (subject.count == 0) {
        return told_[0];
    }
    auto health = Health::Healthy;
    for (std::size_t i = 0; i < snapshot.services.size(); ++i) {
        if (subject.covers(i, snapshot.services)) {
            health = worse(health, told_[i + 1]);
        }
    }
    return health;
}

void Server::close(std::size_t slot) {
    slots_[slot] = Slot{};
}

void Server::on_pause() {
    std::fill(told_.begin(), told_.end(), Health::Starting);
}

void Server::on_change(const Snapshot& snapshot, base::Instant now) {
    for (auto& slot : slots_) {
        // A client that went away meanwhile shows as hung up in the loop.
        if (slot.waits_for == Waits::Status &&
            (slot.after != snapshot.container.generation || now >= slot.deadline)) {
            static_cast<void>(send_page(slot, snapshot, now));
        }
        if (slot.waits_for == Waits::Reload && now >= slot.deadline) {
            slot.waits_for = Waits::Nothing;
            static_cast<void>(
                send_reply(slot.socket, ReloadReply{ReloadReply::Outcome::Pending, {}}));
        }
        if (slot.waits_for != Waits::Health) {
            continue;
        }
        if (const auto reply = health_reply(slot.subject, snapshot); is_over(slot, reply, now)) {
            static_cast<void>(tell(slot, reply, snapshot));
        }
    }
}

bool Server::has_waiting() const {
    return std::any_of(slots_.begin(), slots_.end(),
                       [](const Slot& slot) { return slot.waits_for != Waits::Nothing; });
}

std::optional<base::Instant> Server::next_deadline() const {
    std::optional<base::Instant> earliest;
    for (const auto& slot : slots_) {
        if (slot.waits_for != Waits::Nothing && (!earliest || slot.deadline < *earliest)) {
            earliest = slot.deadline;
        }
    }
    return earliest;
}

}  // namespace control
