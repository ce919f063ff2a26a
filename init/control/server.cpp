// SPDX-License-Identifier: MIT
#include "control/server.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <span>
#include <utility>

#include "sys/files.hpp"
#include "sys/packet_socket.hpp"
#include "sys/unix_socket.hpp"

namespace control {
namespace {

/// Which of two states decides about both.
constexpr int weight(Health health) {
    switch (health) {
    case Health::Healthy:
        return 0;
    case Health::Starting:
        return 1;
    case Health::Unhealthy:
        return 2;
    case Health::Stopping:
        return 3;
    }
    return 3;
}

constexpr Health worse(Health left, Health right) {
    return weight(left) < weight(right) ? right : left;
}

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

/// Finds the asked services by name; the failing side is the name that is none.
base::Result<Subject, Name> resolve(const Request& request, std::span<const ServiceView> services) {
    Subject subject;
    for (const auto& name : std::span{request.names}.first(request.name_count)) {
        const auto found =
            std::find_if(services.begin(), services.end(),
                         [&](const ServiceView& service) { return Name{service.name} == name; });
        if (found == services.end()) {
            return base::unexpected{name};
        }
        subject.services[subject.count++] = static_cast<std::uint32_t>(found - services.begin());
    }
    return subject;
}

Health health_of(const Subject& subject, const Snapshot& snapshot) {
    if (snapshot.container.mode == Mode::Command) {
        return Health::Healthy;
    }
    if (subject.count == 0) {
        return snapshot.container.health;
    }
    auto health = Health::Healthy;
    for (const auto index : std::span{subject.services}.first(subject.count)) {
        health = worse(health, snapshot.services[index].health);
    }
    return health;
}

/// The first of the asked services that is in the state `health`, so that a person sees whom to
/// look at; none when all is well.
const ServiceView* culprit(const Subject& subject, Health health, const Snapshot& snapshot) {
    if (health == Health::Healthy) {
        return nullptr;
    }
    if (subject.count == 0) {
        const auto found =
            std::find_if(snapshot.services.begin(), snapshot.services.end(),
                         [&](const ServiceView& service) { return service.health == health; });
        return found == snapshot.services.end() ? nullptr : &*found;
    }
    for (const auto index : std::span{subject.services}.first(subject.count)) {
        if (snapshot.services[index].health == health) {
            return &snapshot.services[index];
        }
    }
    return nullptr;
}

HealthReply health_reply(const Subject& subject, const Snapshot& snapshot) {
    HealthReply reply;
    reply.health = health_of(subject, snapshot);
    reply.mode = snapshot.container.mode;
    if (const auto* service = culprit(subject, reply.health, snapshot); service != nullptr) {
        reply.service = Name{service->name};
        reply.state = Word{service->state};
    }
    return reply;
}

base::Duration elapsed(base::Instant from, base::Instant to) {
    return std::max(to - from, base::Duration{0});
}

ServiceReply service_reply(const ServiceView& service, base::Instant now) {
    ServiceReply reply;
    reply.name = Name{service.name};
    reply.state = Word{service.state};
    reply.health = service.health;
    reply.pid = service.pid;
    reply.since = elapsed(service.since, now);
    if (service.ready_at) {
        reply.ready_after = elapsed(service.spawned_at, *service.ready_at);
    }
    reply.restarts = service.restarts;
    reply.last_exit = service.last_exit;
    reply.status_text = Line{service.status_text};
    return reply;
}

Server::Fate answer_status(const sys::UniqueFd& socket, std::uint32_t first,
                           const Snapshot& snapshot, base::Instant now) {
    const auto total = static_cast<std::uint32_t>(snapshot.services.size());
    StatusReply header;
    header.health = snapshot.container.health;
    header.mode = snapshot.container.mode;
    header.version = Word{snapshot.container.version};
    header.uptime = elapsed(snapshot.container.started_at, now);
    header.total = total;
    header.first = std::min(first, total);
    header.count = std::min(kPageSize, total - header.first);
    bool is_sent = send_reply(socket, header);
    for (const auto& service : snapshot.services.subspan(header.first, header.count)) {
        is_sent = is_sent && send_reply(socket, service_reply(service, now));
    }
    // A page is far smaller than a socket buffer, so whoever let it fill up does not read.
    return is_sent ? Server::Fate::Keep : Server::Fate::Close;
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
    const auto free =
        std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.socket; });
    if (free == slots_.end()) {
        static_cast<void>(send_reply(socket, ErrorReply{ErrorCode::Busy, {}}));
        return std::nullopt;
    }
    free->socket = std::move(socket);
    return Client{static_cast<std::size_t>(free - slots_.begin()), free->socket.get()};
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
    client.is_waiting = false;
    return request->op == Op::Status ? answer_status(client.socket, request->first, snapshot, now)
                                     : answer_health(client, *request, snapshot, now);
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
    slot.last = last_told(slot.subject);
    slot.deadline = now + request.wait;
    slot.is_waiting = !is_over(slot, reply, now);
    return slot.is_waiting ? Fate::Keep : tell(slot, reply, snapshot);
}

/// The rule of `healthcheck --wait`: news and bad states are told at once, the rest at the end of
/// the wait. In command mode there is never any news.
bool Server::is_over(const Slot& slot, const HealthReply& reply, base::Instant now) {
    return reply.mode == Mode::Command || is_final(reply.health) || reply.health != slot.last ||
           now >= slot.deadline;
}

/// Sends the answer of a `--wait` and remembers, for each service it covers, what was told.
Server::Fate Server::tell(Slot& slot, const HealthReply& reply, const Snapshot& snapshot) {
    slot.is_waiting = false;
    if (!send_reply(slot.socket, reply)) {
        return Fate::Close;
    }
    if (slot.subject.count == 0) {
        told_[0] = reply.health;
    }
    for (const auto index : std::span{slot.subject.services}.first(slot.subject.count)) {
        told_[index + 1] = snapshot.services[index].health;
    }
    return Fate::Keep;
}

Health Server::last_told(const Subject& subject) const {
    if (subject.count == 0) {
        return told_[0];
    }
    auto health = Health::Healthy;
    for (const auto index : std::span{subject.services}.first(subject.count)) {
        health = worse(health, told_[index + 1]);
    }
    return health;
}

void Server::close(std::size_t slot) {
    slots_[slot] = Slot{};
}

void Server::on_change(const Snapshot& snapshot, base::Instant now) {
    for (auto& slot : slots_) {
        if (!slot.is_waiting) {
            continue;
        }
        if (const auto reply = health_reply(slot.subject, snapshot); is_over(slot, reply, now)) {
            // A client that went away meanwhile shows as hung up in the loop.
            static_cast<void>(tell(slot, reply, snapshot));
        }
    }
}

std::optional<base::Instant> Server::next_deadline() const {
    std::optional<base::Instant> earliest;
    for (const auto& slot : slots_) {
        if (slot.is_waiting && (!earliest || slot.deadline < *earliest)) {
            earliest = slot.deadline;
        }
    }
    return earliest;
}

}  // namespace control
