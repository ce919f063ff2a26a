// SPDX-License-Identifier: MIT
#include "control/client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "sys/packet_socket.hpp"
#include "sys/unix_socket.hpp"

namespace control {
namespace {

/// How long PID 1 may take for what it answers at once. It never blocks, so this is generous.
constexpr base::Duration kPatience = std::chrono::seconds{2};

base::unexpected<ClientError> failure(std::string message, int code = 0) {
    return base::unexpected<ClientError>{ClientError{std::move(message), code}};
}

std::string quoted(std::string_view text) {
    return "'" + std::string{text} + "'";
}

ClientError explain(const ErrorReply& reply) {
    switch (reply.code) {
    case ErrorCode::Busy:
        return {"pid 1 is busy with as many clients as it can serve; try again", 0};
    case ErrorCode::BadVersion:
        return {"pid 1 is a pidone of another version; use the binary that it was started from", 0};
    case ErrorCode::BadRequest:
        return {"pid 1 did not understand the request", 0};
    case ErrorCode::UnknownService:
        return {"no service " + quoted(reply.name.view()) +
                    " in this container; 'pidone status' lists them",
                0};
    case ErrorCode::Refused:
        return {"pid 1 answers only inside its own container; use 'docker exec'", 0};
    case ErrorCode::Forbidden:
        return {"only root and the user of pid 1 may change a service; use 'docker exec -u 0'", 0};
    case ErrorCode::ContainerStops:
        return {"the container is stopping; nothing can be started any more", 0};
    case ErrorCode::ReloadRuns:
        return {"a reload is under way, ask again when it is over", 0};
    case ErrorCode::NotRunning:
        return {quoted(reply.name.view()) + " is not running", 0};
    }
    return {"pid 1 did not understand the request", 0};
}

void name(Request& request, std::span<const std::string> services) {
    request.name_count = std::min(services.size(), kMaxNames);
    for (std::size_t i = 0; i < request.name_count; ++i) {
        request.names[i] = Name{services[i]};
    }
}

}  // namespace

bool is_init(int socket) {
    const auto peer = sys::peer_credentials(socket);
    return peer && peer->pid == base::Pid::Init;
}

const ServiceReply* Client::Status::find(std::string_view name) const {
    const auto found =
        std::find_if(services.begin(), services.end(),
                     [&](const ServiceReply& service) { return service.name.view() == name; });
    return found == services.end() ? nullptr : &*found;
}

Client::Client(sys::UniqueFd socket) : socket_{std::move(socket)} {}

base::Result<Client, ClientError> Client::connect(std::optional<std::string_view> named) {
    if (!named) {
        return connect_to_init();
    }
    if (named->empty()) {
        return failure("the control socket is off: PIDONE_CONTROL or --control is empty");
    }
    auto socket = sys::connect_to(*named, kPatience);
    if (!socket) {
        return failure("cannot reach pid 1 at " + quoted(*named), socket.error().code);
    }
    return Client{std::move(*socket)};
}

base::Result<Client, ClientError> Client::connect_to_init() {
    ClientError reason;
    for (const auto& address : default_addresses()) {
        auto socket = sys::connect_to(address, kPatience);
        if (socket && is_init(socket->get())) {
            return Client{std::move(*socket)};
        }
        if (socket) {
            // In a /run that two containers share, the path is the other one's; go on.
            reason = {"what listens at " + quoted(address) +
                          " is not pid 1 of this container; '--control' uses it all the same",
                      0};
        } else if (reason.message.empty()) {
            reason = {"cannot reach pid 1 at " + quoted(address), socket.error().code};
        }
    }
    return base::unexpected<ClientError>{std::move(reason)};
}

base::Result<void, ClientError> Client::send(const Request& request) {
    if (auto set = sys::set_receive_timeout(socket_.get(), request.wait + kPatience); !set) {
        return failure("cannot limit the wait for pid 1", set.error().code);
    }
    const auto packet = encode(request);
    // A client that was turned away finds the reason in its receive queue, so EPIPE can wait.
    if (auto sent = sys::send_packet(socket_.get(), packet.bytes());
        !sent && sent.error().code != EPIPE) {
        return failure("cannot send to pid 1", sent.error().code);
    }
    return {};
}

base::Result<Reply, ClientError> Client::receive() {
    std::array<std::byte, Packet::kCapacity> buffer;
    auto size = sys::receive_packet(socket_.get(), buffer);
    if (!size && size.error().code == ECONNRESET) {
        // Turned away with the request unread: the reason lies behind the reset.
        size = sys::receive_packet(socket_.get(), buffer);
    }
    if (!size) {
        const int code = size.error().code;
        return code == EAGAIN ? failure("pid 1 did not answer in time")
                              : failure("cannot receive from pid 1", code);
    }
    if (*size == 0) {
        return failure("pid 1 hung up without an answer");
    }
    const auto reply = decode_reply(std::span{buffer}.first(std::min(*size, buffer.size())));
    if (!reply) {
        return base::unexpected<ClientError>{explain({reply.error(), {}})};
    }
    return *reply;
}

template <class Expected>
base::Result<Expected, ClientError> Client::expect() {
    const auto reply = receive();
    if (!reply) {
        return base::unexpected<ClientError>{reply.error()};
    }
    if (const auto* refusal = std::get_if<ErrorReply>(&*reply)) {
        return base::unexpected<ClientError>{explain(*refusal)};
    }
    const auto* expected = std::get_if<Expected>(&*reply);
    if (expected == nullptr) {
        return failure("pid 1 gave an answer that belongs to another question");
    }
    return *expected;
}

base::Result<HealthReply, ClientError> Client::health(std::span<const std::string> services,
                                                      std::optional<base::Duration> wait) {
    Request request;
    request.op = Op::Health;
    request.is_waiting = wait.has_value();
    request.wait = std::min(wait.value_or(base::Duration{0}), kMaxWait);
    name(request, services);
    if (auto sent = send(request); !sent) {
        return base::unexpected<ClientError>{sent.error()};
    }
    return expect<HealthReply>();
}

base::Result<ReloadReply, ClientError> Client::reload(std::optional<base::Duration> wait) {
    Request request;
    request.op = Op::Reload;
    request.is_waiting = wait.has_value();
    request.wait = wait.value_or(base::Duration{0});
    if (auto sent = send(request); !sent) {
        return base::unexpected{sent.error()};
    }
    return expect<ReloadReply>();
}

base::Result<ManageReply, ClientError> Client::manage(Action action,
                                                      std::span<const std::string> services,
                                                      base::Signal signal) {
    Request request;
    request.op = Op::Manage;
    request.action = action;
    request.signal = signal;
    name(request, services);
    if (auto sent = send(request); !sent) {
        return base::unexpected<ClientError>{sent.error()};
    }
    return expect<ManageReply>();
}

base::Result<Client::Status, ClientError> Client::status() {
    return status(Request{.op = Op::Status});
}

base::Result<Client::Status, ClientError> Client::status(std::uint64_t after, base::Duration wait) {
    return status(Request{.op = Op::Status, .is_waiting = true, .wait = wait, .after = after});
}

base::Result<Client::Status, ClientError> Client::status(const Request& first_page) {
    Status status;
    auto request = first_page;
    request.wait = std::clamp(request.wait, base::Duration{0}, kMaxWait);
    do {
        request.first = static_cast<std::uint32_t>(status.services.size());
        if (auto sent = send(request); !sent) {
            return base::unexpected<ClientError>{sent.error()};
        }
        const auto page = expect<StatusReply>();
        if (!page) {
            return base::unexpected<ClientError>{page.error()};
        }
        // What changed between two pages is new to the caller, so the first one counts.
        const auto generation = request.first == 0 ? page->generation : status.container.generation;
        status.container = *page;
        status.container.generation = generation;
        for (std::uint32_t i = 0; i < page->count; ++i) {
            const auto service = expect<ServiceReply>();
            if (!service) {
                return base::unexpected<ClientError>{service.error()};
            }
            status.services.push_back(*service);
        }
        // An empty page ends it, so that a wrong total cannot keep the client here.
        if (page->count == 0) {
            break;
        }
        request.is_waiting = false;
        request.wait = base::Duration{0};
    } while (status.services.size() < status.container.total);
    return status;
}

}  // namespace control
