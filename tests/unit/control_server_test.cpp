// SPDX-License-Identifier: MIT
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "control/server.hpp"
#include "control_world.hpp"
#include "core_allocation_counter.hpp"

using namespace control_test;

TEST_CASE("the 17th client is told that all places are taken, and a freed one is used again") {
    World world;
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < Server::kSlots; ++i) {
        peers.push_back(world.connect());
        REQUIRE(world.ask(peers.back(), wait_for(1h)) == Fate::Keep);
        if (i == 0) {
            static_cast<void>(peers.back().receive());
            REQUIRE(world.ask(peers.back(), wait_for(1h)) == Fate::Keep);
        }
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
                               .count = 3,
                               .generation = 0,
                               .reaped = 0,
                               .forwarded = 0});
    const auto first = std::get<control::ServiceReply>(peer.receive());
    CHECK(first.spawned == 10s);
    CHECK(first.ready == 12s);
    control::ServiceReply expected;
    expected.name = control::Name{"wordpress"};
    expected.state = control::Word{"failed"};
    expected.health = Health::Unhealthy;
    expected.since = 5s;
    expected.restarts = 2;
    expected.last_exit = base::ExitStatus::exited(3);
    expected.status_text = control::Line{"giving up"};
    CHECK(std::get<control::ServiceReply>(peer.receive()) == expected);
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

TEST_CASE("nothing is allocated once the server is open") {
    World world;
    const auto peer = world.connect();
    const auto waiting = wait_for(30s, {"mariadb"});
    control::Request status;
    status.op = control::Op::Status;

    const auto before = core_test::allocations();
    for (int round = 0; round < 100; ++round) {
        REQUIRE(sys::send_packet(peer.socket.get(), control::encode(waiting).bytes()));
        REQUIRE(world.serve(peer) == Fate::Keep);
        world.turn(round % 2 == 0 ? Health::Unhealthy : Health::Healthy);
        world.pass(30s);
        REQUIRE(peer.has_answer());
        static_cast<void>(peer.receive());
        REQUIRE(sys::send_packet(peer.socket.get(), control::encode(status).bytes()));
        REQUIRE(world.serve(peer) == Fate::Keep);
        while (peer.has_answer()) {
            static_cast<void>(peer.receive());
        }
        auto socket = sys::connect_to(world.server->name(), 1s);
        const auto client = world.server->accept();
        REQUIRE(client);
        world.server->close(client->slot);
    }

    CHECK(core_test::allocations() == before);
}

TEST_CASE("a client that asks nothing makes room for one that does, and is told so") {
    World world;
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < Server::kSlots; ++i) {
        peers.push_back(world.connect());
    }

    const auto late = world.connect();

    CHECK(late.slot == peers[0].slot);
    CHECK(std::get<control::ErrorReply>(peers[0].receive()).code == control::ErrorCode::Busy);
    CHECK(peers[0].is_hung_up_on());
    CHECK(world.ask(late, health_of()) == Fate::Keep);
    CHECK(late.health().health == Health::Healthy);
}

TEST_CASE("when all wait, who may change things gets the place of the one that may not") {
    if (::geteuid() != 0) {
        return;  // nobody else to connect as
    }
    World world;
    const std::filesystem::path socket{std::string{world.server->name()}};
    std::filesystem::permissions(socket.parent_path(), std::filesystem::perms::all);
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < Server::kSlots; ++i) {
        const bool is_nobody = i == 3 || i == 5;
        REQUIRE(::seteuid(is_nobody ? 65534 : 0) == 0);
        auto connected = sys::connect_to(world.server->name(), 1s);
        REQUIRE(::seteuid(0) == 0);
        REQUIRE(connected);
        const auto client = world.server->accept();
        REQUIRE(client);
        peers.push_back({std::move(*connected), client->slot});
        REQUIRE(world.ask(peers.back(), watch(world.container.generation, 30s)) == Fate::Keep);
    }

    const auto first = world.connect();
    CHECK(first.slot == peers[3].slot);
    CHECK(std::get<control::ErrorReply>(peers[3].receive()).code == control::ErrorCode::Busy);
    REQUIRE(world.ask(first, watch(world.container.generation, 30s)) == Fate::Keep);
    const auto second = world.connect();
    CHECK(second.slot == peers[5].slot);
    REQUIRE(world.ask(second, watch(world.container.generation, 30s)) == Fate::Keep);

    const auto third = sys::connect_to(world.server->name(), 1s);
    CHECK(!world.server->accept());
    CHECK(is_readable(third->get()));
}

TEST_CASE("a wish of another user is refused, and what it reads is not") {
    if (::geteuid() != 0) {
        return;
    }
    World world;
    const std::filesystem::path socket{std::string{world.server->name()}};
    std::filesystem::permissions(socket.parent_path(), std::filesystem::perms::all);
    REQUIRE(::seteuid(65534) == 0);
    auto connected = sys::connect_to(world.server->name(), 1s);
    REQUIRE(::seteuid(0) == 0);
    const auto client = world.server->accept();
    REQUIRE(client);
    const Peer peer{std::move(*connected), client->slot};

    CHECK(world.ask(peer, wish_for(control::Action::Stop, "wordpress")) == Fate::Keep);
    CHECK(std::get<control::ErrorReply>(peer.receive()).code == control::ErrorCode::Forbidden);
    CHECK(world.ask(peer, health_of()) == Fate::Keep);
    CHECK(peer.health().health == Health::Healthy);
}

TEST_CASE("a watching client is answered at once with news, else at the change, else at the end") {
    World world;
    const auto receive_page = [](const Peer& peer) {
        const auto page = std::get<control::StatusReply>(peer.receive());
        for (std::uint32_t i = 0; i < page.count; ++i) {
            static_cast<void>(std::get<control::ServiceReply>(peer.receive()));
        }
        return page.generation;
    };
    world.container.generation = 5;
    const auto peer = world.connect();

    CHECK(world.ask(peer, watch(4, 30s)) == Fate::Keep);
    CHECK(receive_page(peer) == 5);

    CHECK(world.ask(peer, watch(5, 30s)) == Fate::Keep);
    CHECK(world.server->has_waiting());
    world.server->on_change(world.snapshot(), world.now);
    CHECK(!peer.has_answer());
    world.container.generation = 6;
    world.server->on_change(world.snapshot(), world.now);
    CHECK(receive_page(peer) == 6);
    CHECK(!world.server->has_waiting());

    CHECK(world.ask(peer, watch(6, 30s)) == Fate::Keep);
    CHECK(world.server->next_deadline() == world.now + 30s);
    world.pass(30s);
    CHECK(receive_page(peer) == 6);
}

TEST_CASE("a wish of the user of PID 1 is for the runtime to decide") {
    World world;
    const auto peer = world.connect();

    CHECK(world.ask(peer, wish_for(control::Action::Restart, "wordpress")) == Fate::Decide);

    const auto wish = world.server->wish(peer.slot);
    CHECK(wish.action == control::Action::Restart);
    CHECK(!wish.subject.covers(0, world.snapshot().services));
    CHECK(wish.subject.covers(1, world.snapshot().services));
    control::ManageReply reply;
    reply.accepted = 1;
    CHECK(world.server->answer(peer.slot, reply) == Fate::Keep);
    CHECK(std::get<control::ManageReply>(peer.receive()) == reply);
}

TEST_CASE("a wish for an unknown service is refused, and the conversation goes on") {
    World world;
    const auto peer = world.connect();

    CHECK(world.ask(peer, wish_for(control::Action::Stop, "wrodpress")) == Fate::Keep);

    const auto reply = std::get<control::ErrorReply>(peer.receive());
    CHECK(reply.code == control::ErrorCode::UnknownService);
    CHECK(reply.name.view() == "wrodpress");
}

TEST_CASE("the name of a file with instances means all of them") {
    World world;
    world.service(0).name = "worker@1";
    world.service(2).name = "worker@2";
    const auto peer = world.connect();
    const auto covered = [&](std::string_view name, std::size_t index) {
        REQUIRE(world.ask(peer, wish_for(control::Action::Stop, name)) == Fate::Decide);
        return world.server->wish(peer.slot).subject.covers(index, world.snapshot().services);
    };

    CHECK(covered("worker", 0));
    CHECK(!covered("worker", 1));
    CHECK(covered("worker", 2));
    CHECK(!covered("worker@2", 0));
    CHECK(covered("worker@2", 2));
}
