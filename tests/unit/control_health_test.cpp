// SPDX-License-Identifier: MIT
#include "control_world.hpp"

using namespace control_test;

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

TEST_CASE("after a pause the next --wait is answered at once, the one behind it is not") {
    World world;
    const auto peer = world.connect();
    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);
    CHECK(peer.health().health == Health::Healthy);

    world.server->on_pause();
    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);
    CHECK(peer.health().health == Health::Healthy);

    CHECK(world.ask(peer, wait_for(30s)) == Fate::Keep);
    CHECK(!peer.has_answer());
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
