// SPDX-License-Identifier: MIT
#include "control_world.hpp"

using namespace control_test;

namespace {

control::ErrorReply error_of(const Peer& peer) {
    return std::get<control::ErrorReply>(peer.receive());
}

/// Waits for news of `names`, which are healthy and were told to be.
Peer waiting(World& world, const std::vector<std::string_view>& names) {
    auto peer = world.connect();
    CHECK(world.ask(peer, wait_for(30s, names)) == Fate::Keep);
    CHECK(peer.health().health == Health::Healthy);
    CHECK(world.ask(peer, wait_for(30s, names)) == Fate::Keep);
    CHECK(!peer.has_answer());
    return peer;
}

}  // namespace

TEST_CASE("who waits for a service follows it through a reload") {
    World world;
    const auto peer = waiting(world, {"mariadb"});
    const auto container = waiting(world, {});
    world.reload({"new", "wordpress", "mariadb"});
    world.server->on_change(world.snapshot(), world.now);
    CHECK(!peer.has_answer());
    CHECK(!container.has_answer());

    world.service(0).health = Health::Unhealthy;
    world.server->on_change(world.snapshot(), world.now);
    CHECK(!peer.has_answer());
    world.service(2).health = Health::Unhealthy;
    world.server->on_change(world.snapshot(), world.now);
    const auto reply = peer.health();
    CHECK(reply.health == Health::Unhealthy);
    CHECK(reply.service.view() == "mariadb");
}

TEST_CASE("who waits for a service that is gone is told which it is, and may ask again") {
    World world;
    const auto peer = waiting(world, {"mariadb", "wordpress"});
    world.reload({"mariadb"});
    const auto reply = error_of(peer);
    CHECK(reply.code == control::ErrorCode::UnknownService);
    CHECK(reply.name.view() == "wordpress");
    CHECK(!world.server->has_waiting());
    CHECK(world.ask(peer, health_of({"mariadb"})) == Fate::Keep);
    CHECK(peer.health().health == Health::Healthy);
}

TEST_CASE("who waits for instances waits for those that there are now") {
    World world;
    world.reload({"web@1", "web@2", "db"});
    const auto one = waiting(world, {"web@1"});
    const auto peer = waiting(world, {"web"});
    world.reload({"db", "web@2", "web@3"});
    CHECK(error_of(one).name.view() == "web@1");
    CHECK(!peer.has_answer());
    world.service(2).health = Health::Unhealthy;
    world.server->on_change(world.snapshot(), world.now);
    CHECK(peer.health().service.view() == "web@3");

    world.service(2).health = Health::Healthy;
    const auto again = waiting(world, {"web"});
    world.reload({"db"});
    CHECK(error_of(again).name.view() == "web");
}

TEST_CASE("what was told of a service counts behind a reload, of a new one nothing was told") {
    World world;
    static_cast<void>(waiting(world, {"wordpress"}));
    world.reload({"wordpress", "new"});
    const auto peer = world.connect();
    CHECK(world.ask(peer, wait_for(30s, {"wordpress"})) == Fate::Keep);
    CHECK(!peer.has_answer());
    CHECK(world.ask(peer, wait_for(30s, {"new"})) == Fate::Keep);
    CHECK(peer.health().health == Health::Healthy);
}

TEST_CASE("who waits for a page of the status gets one of the services that there are now") {
    World world;
    const auto peer = world.connect();
    CHECK(world.ask(peer, watch(world.container.generation, 30s)) == Fate::Keep);
    world.reload({"one"});
    CHECK(!peer.has_answer());
    ++world.container.generation;
    world.server->on_change(world.snapshot(), world.now);
    CHECK(std::get<control::StatusReply>(peer.receive()).total == 1);
    CHECK(std::get<control::ServiceReply>(peer.receive()).name.view() == "one");
}
