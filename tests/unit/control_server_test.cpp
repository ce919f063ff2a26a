// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "control/server.hpp"
#include "sys/packet_socket.hpp"
#include "sys/unix_socket.hpp"

using namespace std::chrono_literals;
using control::Health;
using control::Mode;
using control::Server;
using Fate = control::Server::Fate;

namespace {

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

bool is_readable(int fd) {
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
        for (const auto& name : names_) {
            views_.push_back({.name = name,
                              .state = "up",
                              .health = Health::Healthy,
                              .pid = base::Pid{7},
                              .since = {},
                              .spawned_at = {},
                              .ready_at = {},
                              .restarts = 0,
                              .last_exit = {},
                              .status_text = {}});
        }
        auto opened = Server::open(directory_ / "control", services);
        REQUIRE(opened);
        server.emplace(std::move(*opened));
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
    control::ContainerView container{Health::Healthy, Mode::Service, "1.2.3", base::Instant{}};
    std::optional<Server> server;

  private:
    TemporaryDirectory directory_;
    std::vector<std::string> names_;
    std::vector<control::ServiceView> views_;
};

control::Request health_of(std::vector<std::string_view> names = {}) {
    control::Request request;
    request.name_count = names.size();
    for (std::size_t i = 0; i < names.size(); ++i) {
        request.names[i] = control::Name{names[i]};
    }
    return request;
}

control::Request wait_for(base::Duration wait, std::vector<std::string_view> names = {}) {
    auto request = health_of(std::move(names));
    request.is_waiting = true;
    request.wait = wait;
    return request;
}

}  // namespace

TEST_CASE("without --wait the present health is told at once") {
    World world;
    const auto peer = world.connect();

    for (const auto health :
         {Health::Starting, Health::Healthy, Health::Unhealthy, Health::Stopping}) {
        world.turn(health);
        CHECK(world.ask(peer, health_of()) == Fate::Keep);
        CHECK(peer.health().health == health);
    }
}

TEST_CASE("the first --wait is answered at once when healthy, the second at the end of its wait") {
    World world;
    const auto peer = world.connect();

    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);
    CHECK(peer.health().health == Health::Healthy);

    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);
    CHECK(world.server->next_deadline() == world.now + 30s);
    world.pass(29999ms);
    CHECK(!peer.has_answer());
    world.pass(1ms);
    CHECK(peer.health().health == Health::Healthy);
    CHECK(!world.server->next_deadline());
}

TEST_CASE("a --wait while starting is answered when the start ends") {
    World world;
    world.turn(Health::Starting);
    const auto peer = world.connect();

    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);
    CHECK(!peer.has_answer());
    world.turn(Health::Healthy);

    CHECK(peer.health().health == Health::Healthy);
    CHECK(!world.server->next_deadline());
}

TEST_CASE("a start longer than the wait is told at its end, and healthy at once after it") {
    World world;
    world.turn(Health::Starting);
    const auto peer = world.connect();

    CHECK(world.ask(peer, wait_for(2s)) == Fate::Keep);
    world.pass(2s);
    CHECK(peer.health().health == Health::Starting);

    world.turn(Health::Healthy);
    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);
    CHECK(peer.health().health == Health::Healthy);
}

TEST_CASE("bad states are told at once, however often they are asked for") {
    World world;
    const auto peer = world.connect();

    for (const auto health : {Health::Unhealthy, Health::Unhealthy, Health::Stopping}) {
        world.turn(health);
        CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);
        CHECK(peer.health().health == health);
    }
}

TEST_CASE("a failure wakes everybody who waits, and all of them hear it") {
    World world;
    const auto first = world.connect();
    const auto second = world.connect();
    CHECK(world.ask(first, wait_for(30s)) == Fate::Keep);
    CHECK(first.health().health == Health::Healthy);
    CHECK(world.ask(first, wait_for(30s)) == Fate::Keep);
    CHECK(world.ask(second, wait_for(10s)) == Fate::Keep);
    CHECK(world.server->next_deadline() == world.now + 10s);

    world.turn(Health::Starting);

    CHECK(first.health().health == Health::Starting);
    CHECK(second.health().health == Health::Starting);
}

TEST_CASE("a change that nobody waited through is told to the next --wait at once") {
    World world;
    const auto peer = world.connect();
    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);
    CHECK(peer.health().health == Health::Healthy);

    world.turn(Health::Starting);
    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);

    CHECK(peer.health().health == Health::Starting);
}

TEST_CASE("a plain healthcheck does not take the news away from --wait") {
    World world;
    const auto peer = world.connect();

    CHECK(world.ask(peer, health_of()) == Fate::Keep);
    CHECK(peer.health().health == Health::Healthy);
    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);

    CHECK(peer.has_answer());
}

TEST_CASE("each service and the container are remembered apart") {
    World world;
    const auto peer = world.connect();

    for (const auto& request :
         {wait_for(30s), wait_for(30s, {"mariadb"}), wait_for(30s, {"wordpress"})}) {
        CHECK(world.ask(peer, request) == Fate::Keep);
        CHECK(peer.health().health == Health::Healthy);
    }
    CHECK(world.ask(peer, wait_for(30s, {"mariadb"})) == Fate::Keep);
    CHECK(!peer.has_answer());
}

TEST_CASE("of several services the worst decides and is named") {
    World world;
    world.container.health = Health::Unhealthy;
    world.service(1).health = Health::Starting;
    world.service(1).state = "setup";
    world.service(2).health = Health::Unhealthy;
    const auto peer = world.connect();

    CHECK(world.ask(peer, health_of({"mariadb", "wordpress"})) == Fate::Keep);
    auto reply = peer.health();
    CHECK(reply.health == Health::Starting);
    CHECK(reply.service.view() == "wordpress");
    CHECK(reply.state.view() == "setup");

    CHECK(world.ask(peer, health_of({"mariadb"})) == Fate::Keep);
    reply = peer.health();
    CHECK(reply.health == Health::Healthy);
    CHECK(reply.service.is_empty());

    CHECK(world.ask(peer, health_of()) == Fate::Keep);
    CHECK(peer.health().service.view() == "service-2");
}

TEST_CASE("a --wait for two services ends when both are healthy") {
    World world;
    world.turn(Health::Starting);
    const auto peer = world.connect();
    CHECK(world.ask(peer, wait_for(30s, {"mariadb", "wordpress"})) == Fate::Keep);

    world.service(0).health = Health::Healthy;
    world.server->on_change(world.snapshot(), world.now);
    CHECK(!peer.has_answer());
    world.service(1).health = Health::Healthy;
    world.server->on_change(world.snapshot(), world.now);

    CHECK(peer.health().health == Health::Healthy);
}

TEST_CASE("an unknown service is refused by its name") {
    World world;
    const auto peer = world.connect();

    CHECK(world.ask(peer, wait_for(30s, {"mariadb", "redsi"})) == Fate::Keep);

    const auto reply = std::get<control::ErrorReply>(peer.receive());
    CHECK(reply.code == control::ErrorCode::UnknownService);
    CHECK(reply.name.view() == "redsi");
}

TEST_CASE("command mode is healthy at once, whatever else is going on") {
    World world;
    world.container.mode = Mode::Command;
    world.turn(Health::Stopping);
    const auto peer = world.connect();

    for (int i = 0; i < 2; ++i) {
        CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);
        CHECK(peer.health() == control::HealthReply{Health::Healthy, Mode::Command, {}, {}});
    }
}

TEST_CASE("a newer request replaces the one that waits") {
    World world;
    const auto peer = world.connect();
    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);
    CHECK(peer.has_answer());
    static_cast<void>(peer.receive());
    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);

    CHECK(world.ask(peer, health_of()) == Fate::Keep);

    CHECK(peer.health().health == Health::Healthy);
    CHECK(!world.server->next_deadline());
}

TEST_CASE("the 17th client is told that all places are taken, and a freed one is used again") {
    World world;
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < Server::kSlots; ++i) {
        peers.push_back(world.connect());
    }

    auto socket = sys::connect_to(world.server->name(), 1s);
    REQUIRE(socket);
    CHECK(!world.server->accept());
    const Peer late{std::move(*socket), 0};
    CHECK(std::get<control::ErrorReply>(late.receive()).code == control::ErrorCode::Busy);
    CHECK(late.is_hung_up_on());

    world.server->close(peers[5].slot);
    CHECK(peers[5].is_hung_up_on());
    CHECK(world.connect().slot == peers[5].slot);
}

TEST_CASE("accept with nobody at the door is nothing") {
    World world;

    CHECK(!world.server->accept());
}

TEST_CASE("without a free descriptor a client is turned away, and the door is quiet again") {
    World world;
    const auto socket = sys::connect_to(world.server->name(), 1s);
    REQUIRE(socket);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const auto next = sys::duplicate(0);
    REQUIRE(next);
    const rlimit full{static_cast<rlim_t>(next->get()), before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &full) == 0);

    const auto client = world.server->accept();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);

    CHECK(!client);
    CHECK(!is_readable(world.server->listen_fd()));
    CHECK(is_readable(socket->get()));
    CHECK(world.connect().socket);
}

TEST_CASE("what is no request gets an error and ends the conversation") {
    World world;
    const auto peer = world.connect();
    const auto good = control::encode(health_of());
    std::vector<std::byte> packet{good.bytes().begin(), good.bytes().end()};
    auto expected = control::ErrorCode::BadRequest;

    SUBCASE("short") {
        packet.resize(5);
    }
    SUBCASE("long") {
        packet.resize(4000);
    }
    SUBCASE("of another version") {
        packet[4] = std::byte{9};
        expected = control::ErrorCode::BadVersion;
    }

    REQUIRE(sys::send_packet(peer.socket.get(), packet));
    CHECK(world.serve(peer) == Fate::Close);
    CHECK(std::get<control::ErrorReply>(peer.receive()).code == expected);
}

TEST_CASE("a client that hangs up is to be closed, and one that says nothing is not") {
    World world;
    auto peer = world.connect();
    CHECK(world.serve(peer) == Fate::Keep);

    peer.socket.reset();

    CHECK(world.serve(peer) == Fate::Close);
}

TEST_CASE("a client that hangs up while it waits is not waited for") {
    World world;
    world.turn(Health::Starting);
    auto peer = world.connect();
    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);

    peer.socket.reset();
    world.turn(Health::Healthy);
    CHECK(world.serve(peer) == Fate::Close);
    world.server->close(peer.slot);

    CHECK(!world.server->next_deadline());
    // The news was not heard, so the next client gets it at once.
    const auto next = world.connect();
    CHECK(world.ask(next, wait_for(30s)) == Fate::Keep);
    CHECK(next.health().health == Health::Healthy);
}

TEST_CASE("a client that never reads is dropped, and PID 1 does not wait for it") {
    World world{16};
    const auto peer = world.connect();
    control::Request request;
    request.op = control::Op::Status;

    auto fate = Fate::Keep;
    int asked = 0;
    while (fate == Fate::Keep && asked < 1000) {
        fate = world.ask(peer, request);
        ++asked;
    }

    CHECK(fate == Fate::Close);
    CHECK(asked > 1);
}

TEST_CASE("status describes the container and its services") {
    World world;
    world.service(1).pid = base::Pid::None;
    world.service(1).state = "failed";
    world.service(1).health = Health::Unhealthy;
    world.service(1).since = world.now - 5s;
    world.service(1).restarts = 2;
    world.service(1).last_exit = base::ExitStatus::exited(3);
    world.service(1).status_text = "giving up";
    world.service(0).spawned_at = base::Instant{10s};
    world.service(0).ready_at = base::Instant{12s};
    const auto peer = world.connect();
    control::Request request;
    request.op = control::Op::Status;

    CHECK(world.ask(peer, request) == Fate::Keep);

    CHECK(std::get<control::StatusReply>(peer.receive()) ==
          control::StatusReply{.health = Health::Healthy,
                               .mode = Mode::Service,
                               .version = control::Word{"1.2.3"},
                               .uptime = 1h,
                               .total = 3,
                               .first = 0,
                               .count = 3});
    CHECK(std::get<control::ServiceReply>(peer.receive()).ready_after == 2s);
    CHECK(std::get<control::ServiceReply>(peer.receive()) ==
          control::ServiceReply{.name = control::Name{"wordpress"},
                                .state = control::Word{"failed"},
                                .health = Health::Unhealthy,
                                .pid = base::Pid::None,
                                .since = 5s,
                                .ready_after = {},
                                .restarts = 2,
                                .last_exit = base::ExitStatus::exited(3),
                                .status_text = control::Line{"giving up"}});
    static_cast<void>(peer.receive());
    CHECK(!peer.has_answer());
}

TEST_CASE("status comes in pages") {
    World world{40};
    const auto peer = world.connect();
    control::Request request;
    request.op = control::Op::Status;
    struct Row {
        std::uint32_t asked;
        std::uint32_t first;
        std::uint32_t count;
    };

    for (const auto& row :
         {Row{0, 0, 16}, Row{16, 16, 16}, Row{32, 32, 8}, Row{40, 40, 0}, Row{0xffffffff, 40, 0}}) {
        CAPTURE(row.asked);
        request.first = row.asked;
        CHECK(world.ask(peer, request) == Fate::Keep);
        const auto page = std::get<control::StatusReply>(peer.receive());
        CHECK(page.total == 40);
        CHECK(page.first == row.first);
        CHECK(page.count == row.count);
        for (std::uint32_t i = 0; i < row.count; ++i) {
            static_cast<void>(std::get<control::ServiceReply>(peer.receive()));
        }
        CHECK(!peer.has_answer());
    }
}

TEST_CASE("an empty path is a server that is off") {
    const auto server = Server::open("", 1);

    REQUIRE(server);
    CHECK(server->listen_fd() == -1);
    CHECK(server->name().empty());
}

TEST_CASE("the directory of the socket is made, and everybody may connect") {
    const TemporaryDirectory directory;
    const auto path = directory / "run/pidone/control";

    const auto server = Server::open(path, 1);

    REQUIRE(server);
    CHECK(server->name() == path);
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0666);
    REQUIRE(::stat((directory / "run/pidone").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0755);
}

TEST_CASE("a directory that exists keeps its mode") {
    const TemporaryDirectory directory;
    REQUIRE(::mkdir((directory / "run").c_str(), 0700) == 0);

    REQUIRE(Server::open(directory / "run/control", 1));

    struct stat info {};
    REQUIRE(::stat((directory / "run").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0700);
}

TEST_CASE("a socket left behind by a former PID 1 is replaced") {
    const TemporaryDirectory directory;
    const auto path = directory / "control";
    { REQUIRE(Server::open(path, 1)); }
    REQUIRE(std::filesystem::exists(path));

    const auto server = Server::open(path, 1);

    REQUIRE(server);
    CHECK(server->name() == path);
    CHECK(sys::connect_to(path, 1s));
}

TEST_CASE("where the path cannot be had, the abstract name of the container is taken") {
    const TemporaryDirectory directory;
    auto path = directory / "control";
    std::optional<Server> other;

    SUBCASE("a file stands in the way") {
        std::ofstream{path} << "mine";
    }
    SUBCASE("its directory cannot be made") {
        std::ofstream{directory / "file"} << "mine";
        path = directory / "file/control";
    }
    SUBCASE("somebody else serves it") {
        auto opened = Server::open(path, 1);
        REQUIRE(opened);
        other.emplace(std::move(*opened));
    }

    const auto server = Server::open(path, 1);

    REQUIRE(server);
    CHECK(server->name() == control::abstract_address());
    CHECK(sys::connect_to(server->name(), 1s));
    if (other) {
        CHECK(sys::connect_to(other->name(), 1s));
    }
}

TEST_CASE("when the abstract name is taken as well, the reason of the path is told") {
    const TemporaryDirectory directory;
    std::ofstream{directory / "control"} << "mine";
    const auto first = Server::open(directory / "control", 1);
    REQUIRE(first);

    const auto second = Server::open(directory / "control", 1);

    REQUIRE(!second);
    CHECK(second.error().code == EEXIST);
}
