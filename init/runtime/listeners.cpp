// SPDX-License-Identifier: MIT
#include "runtime/listeners.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "runtime/child_user.hpp"

namespace runtime {
namespace {

using Kind = core::Endpoint::Kind;

std::string_view remedy_of_tcp(int code) {
    switch (code) {
    case EADDRINUSE:
        return "; another service, or another program of this network namespace, listens there";
    case EACCES:
        return "; a port below 1024 needs CAP_NET_BIND_SERVICE: add 'cap_add: "
               "[NET_BIND_SERVICE]' to the compose file, or take a higher port";
    case EADDRNOTAVAIL:
        return "; no interface here has this address, 0.0.0.0 and [::] mean all of them";
    case EAFNOSUPPORT:
        return "; this kernel has no IPv6, use 0.0.0.0";
    default:
        return "";
    }
}

// A port that is listed for 0.0.0.0 (or another IPv4 address) as well leaves IPv4 to that.
bool has_v4_twin(const core::Spec& spec, const core::Endpoint& endpoint) {
    return std::ranges::any_of(spec.services, [&](const auto& service) {
        return service.is_enabled && std::ranges::any_of(service.listen, [&](const auto& socket) {
                   return socket.endpoint.kind == Kind::Tcp &&
                          socket.endpoint.port == endpoint.port &&
                          socket.endpoint.host.find(':') == std::string::npos;
               });
    });
}

ChildResult<sys::UnixListener> open_tcp(const core::Spec& spec, const core::Endpoint& endpoint) {
    auto fd = sys::listen_tcp(endpoint.host, endpoint.port, has_v4_twin(spec, endpoint));
    if (!fd) {
        const int code = fd.error().code;
        return fail(Stage::Descriptors, base::kExitSystem, 0,
                    std::string{logging::error_text(code)} += remedy_of_tcp(code));
    }
    return sys::UnixListener{.fd = std::move(*fd)};
}

ChildResult<sys::UnixListener> open_unix(const core::ListenSocket& socket) {
    const auto& path = socket.endpoint.path;
    const auto owner = find_owner(Stage::Descriptors, socket.owner, std::nullopt, "socket", path);
    if (!owner) {
        return base::unexpected<ChildError>{owner.error()};
    }
    auto listener = sys::listen_unix(path, socket.mode, *owner);
    if (!listener && listener.error().code == EADDRINUSE) {
        return fail(Stage::Descriptors, base::kExitSystem, 0,
                    "somebody listens there already, or what is there is no socket; remove it, or "
                    "take another path");
    }
    if (!listener) {
        return base::unexpected<ChildError>{
            creation_error(Stage::Descriptors, listener.error(), "socket", path)};
    }
    return std::move(*listener);
}

std::string reason(const ChildError& error) {
    return error.error_number == 0 ? error.text
                                   : error.text + ": " + logging::error_text(error.error_number);
}

}  // namespace

bool Listeners::has(const core::Endpoint& endpoint) const {
    return std::ranges::any_of(listeners_, [&](const Listener& listener) {
        return listener.endpoint == endpoint && listener.socket.fd;
    });
}

Prepared Listeners::open(const core::Spec& spec, const Listeners& before) {
    for (std::size_t i = 0; i < spec.services.size(); ++i) {
        const auto& service = spec.services[i];
        if (!service.is_enabled) {
            continue;
        }
        for (const auto& socket : service.listen) {
            auto& listener = listeners_.emplace_back();
            listener.service = core::ServiceId(i);
            listener.endpoint = socket.endpoint;
            listener.is_elsewhere = before.has(socket.endpoint);
            if (listener.is_elsewhere) {
                continue;
            }
            auto opened = socket.endpoint.kind == Kind::Unix ? open_unix(socket)
                                                             : open_tcp(spec, socket.endpoint);
            if (!opened) {
                listeners_.pop_back();
                return base::unexpected{
                    Obstacle{service.name, "'listen' " + base::to_string(socket.endpoint) + ": " +
                                               reason(opened.error())}};
            }
            listener.socket = std::move(*opened);
        }
    }
    return {};
}

void Listeners::take_over(Listeners& before) noexcept {
    for (auto& listener : listeners_) {
        const auto found =
            listener.is_elsewhere
                ? std::ranges::find(before.listeners_, listener.endpoint, &Listener::endpoint)
                : before.listeners_.end();
        if (found != before.listeners_.end()) {
            listener.socket = std::move(found->socket);
            listener.is_elsewhere = false;
            before.listeners_.erase(found);
        }
    }
    before.remove();
}

std::vector<int> Listeners::of(core::ServiceId id) const {
    std::vector<int> result;
    for (const auto& listener : listeners_) {
        if (listener.service == id && listener.socket.fd) {
            result.push_back(listener.socket.fd.get());
        }
    }
    return result;
}

void Listeners::close() noexcept {
    for (auto& listener : listeners_) {
        listener.socket.fd.reset();
    }
}

void Listeners::remove() noexcept {
    for (const auto& listener : listeners_) {
        if (listener.endpoint.kind == Kind::Unix && !listener.is_elsewhere) {
            sys::remove_socket(listener.endpoint.path, listener.socket);
        }
    }
    listeners_.clear();
}

}  // namespace runtime
