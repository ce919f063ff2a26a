// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/server.hpp"
#include "sys/packet_socket.hpp"
#include "sys/unix_socket.hpp"

/// What the tests of control::Server share: a PID 1 with a clock of its own, and clients.
namespace control_test {

using namespace std::chrono_literals;
using control::Health;
using control::Mode;
using control::Server;
using Fate = control::Server::Fate;

/// A directory of its own, gone with the test.
class TemporaryDirectory {
  public:
    TemporaryDirectory() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string operator/(std::string_view name) const {
        return path_ + "/" + std::string{name};
    }

  private:
    std::string path_ = "/tmp/pidone-control-XXXXXX";
};

inline bool is_readable(int fd) {
    pollfd entry{fd, POLLIN, 0};
    return ::poll(&entry, 1, 0) == 1;
}

/// One client as a test sees it: its own socket and its slot at the server.
struct Peer {
    sys::UniqueFd socket;
    std::size_t slot = 0;

    void send(const control::Request& request) const {
        REQUIRE(sys::send_packet(socket.get(), control::encode(request).bytes()));
    }
    [[nodiscard]] bool has_answer() const { return is_readable(socket.get()); }
    [[nodiscard]] control::Reply receive() const {
        REQUIRE(has_answer());
        std::array<std::byte, control::Packet::kCapacity> buffer;
        const auto size = sys::receive_packet(socket.get(), buffer);
        REQUIRE(size);
        const auto reply = control::decode_reply(std::span{buffer}.first(*size));
        REQUIRE(reply);
        return *reply;
    }
    [[nodiscard]] control::HealthReply health() const {
        return std::get<control::HealthReply>(receive());
    }
    [[nodiscard]] bool is_hung_up_on() const {
        std::byte byte{};
        const auto size = sys::receive_packet(socket.get(), {&byte, 1});
        return size && *size == 0;
    }
};

/// PID 1 with three services and a clock of its own.
class World {
  public:
    explicit World(std::size_t services = 3) {
        for (std::size_t i = 0; i < services; ++i) {
            names_.push_back(i == 0   ? "mariadb"
                             : i == 1 ? "wordpress"
                                      : "service-" + std::to_string(i));
        }
        views_ = views_of(names_);
        auto opened = Server::open(directory_ / "control", services);
        REQUIRE(opened);
        server.emplace(std::move(*opened));
    }

    /// A reload: other services, of which those of the same name go on. All are healthy.
    void reload(std::vector<std::string> names) {
        std::vector<std::uint32_t> was;
        for (const auto& name : names) {
            const auto found = std::find(names_.begin(), names_.end(), name);
            was.push_back(found == names_.end()
                              ? Server::kNobody
                              : static_cast<std::uint32_t>(found - names_.begin()));
        }
        server->renumber(was, snapshot());
        names_ = std::move(names);
        views_ = views_of(names_);
    }

    [[nodiscard]] control::Snapshot snapshot() const { return {container, views_}; }
    control::ServiceView& service(std::size_t index) { return views_[index]; }

    /// All services and the container turn to `health`.
    void turn(Health health) {
        container.health = health;
        for (auto& view : views_) {
            view.health = health;
        }
        server->on_change(snapshot(), now);
    }
    [[nodiscard]] Peer connect() {
        auto socket = sys::connect_to(server->name(), 1s);
        REQUIRE(socket);
        const auto client = server->accept();
        REQUIRE(client);
        return {std::move(*socket), client->slot};
    }
    Fate serve(const Peer& peer) { return server->on_readable(peer.slot, snapshot(), now); }
    Fate ask(const Peer& peer, const control::Request& request) {
        peer.send(request);
        return serve(peer);
    }
    void pass(base::Duration time) {
        now += time;
        server->on_tick(snapshot(), now);
    }

    base::Instant now{1h};
    control::ContainerView container{
        Health::Healthy, Mode::Service, "1.2.3", base::Instant{}, 0, 0, 0};
    std::optional<Server> server;

  private:
    static std::vector<control::ServiceView> views_of(const std::vector<std::string>& names) {
        std::vector<control::ServiceView> views;
        for (const auto& name : names) {
            auto& view = views.emplace_back();
            view.name = name;
            view.state = "up";
            view.health = Health::Healthy;
            view.pid = base::Pid{7};
        }
        return views;
    }

    TemporaryDirectory directory_;
    std::vector<std::string> names_;
    std::vector<control::ServiceView> views_;
};

inline control::Request health_of(std::vector<std::string_view> names = {}) {
    control::Request request;
    request.name_count = names.size();
    for (std::size_t i = 0; i < names.size(); ++i) {
        request.names[i] = control::Name{names[i]};
    }
    return request;
}

/// A request for a change of one service.
inline control::Request wish_for(control::Action action, std::string_view name) {
    control::Request request;
    request.op = control::Op::Manage;
    request.action = action;
    request.name_count = 1;
    request.names[0] = control::Name{name};
    return request;
}

/// A request for the status when it is another than that of the generation `after`.
inline control::Request watch(std::uint64_t after, base::Duration wait) {
    control::Request request;
    request.op = control::Op::Status;
    request.is_waiting = true;
    request.after = after;
    request.wait = wait;
    return request;
}

inline control::Request wait_for(base::Duration wait, std::vector<std::string_view> names = {}) {
    auto request = health_of(std::move(names));
    request.is_waiting = true;
    request.wait = wait;
    return request;
}

}  // namespace control_test
