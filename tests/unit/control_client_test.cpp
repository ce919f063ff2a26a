// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "control/client.hpp"
#include "sys/packet_socket.hpp"
#include "sys/unix_socket.hpp"

using namespace std::chrono_literals;
using control::Client;

namespace {

/// A server that sends `replies` to the first client's first request and then hangs up.
class Scripted {
  public:
    explicit Scripted(std::vector<control::Packet> replies)
        : address_{"@pidone-test-" + std::to_string(::getpid())}, replies_{std::move(replies)} {
        auto listener = sys::listen_on(address_);
        REQUIRE(listener);
        thread_ = std::thread{[this, socket = std::move(*listener)] { serve(socket.get()); }};
    }
    ~Scripted() { thread_.join(); }
    Scripted(const Scripted&) = delete;
    Scripted& operator=(const Scripted&) = delete;

    [[nodiscard]] const std::string& address() const { return address_; }
    /// What was asked; only to be looked at when the answer has come.
    [[nodiscard]] const control::Request& request() const { return request_; }

  private:
    void serve(int listener) {
        pollfd entry{listener, POLLIN, 0};
        ::poll(&entry, 1, 5000);
        auto taken = sys::accept_client(listener);
        if (!taken || !*taken) {
            return;
        }
        entry.fd = (*taken)->get();
        ::poll(&entry, 1, 5000);
        std::array<std::byte, control::Packet::kCapacity> buffer;
        const auto size = sys::receive_packet(entry.fd, buffer);
        if (size && *size <= buffer.size()) {
            if (const auto request = control::decode_request(std::span{buffer}.first(*size))) {
                request_ = *request;
            }
        }
        for (const auto& reply : replies_) {
            static_cast<void>(sys::send_packet(entry.fd, reply.bytes()));
        }
    }

    std::string address_;
    std::vector<control::Packet> replies_;
    control::Request request_;
    std::thread thread_;
};

control::Packet packet(const control::Reply& reply) {
    return control::encode(reply);
}

std::string error_of(const control::Reply& reply) {
    const Scripted server{{packet(reply)}};
    auto client = Client::connect(server.address());
    REQUIRE(client);
    const auto health = client->health({}, std::nullopt);
    REQUIRE(!health);
    return health.error().message;
}

}  // namespace

TEST_CASE("a client asks for what it was told to ask for") {
    const Scripted server{
        {packet(control::HealthReply{control::Health::Starting, control::Mode::Service,
                                     control::Name{"nginx"}, control::Word{"setup"}})}};
    auto client = Client::connect(server.address());
    REQUIRE(client);
    const std::vector<std::string> names{"nginx", "mariadb"};

    const auto reply = client->health(names, 30s);

    REQUIRE(reply);
    CHECK(reply->health == control::Health::Starting);
    CHECK(reply->service.view() == "nginx");
    CHECK(server.request().op == control::Op::Health);
    CHECK(server.request().is_waiting);
    CHECK(server.request().wait == 30s);
    CHECK(server.request().name_count == 2);
    CHECK(server.request().names[1].view() == "mariadb");
}

TEST_CASE("a refusal is told in words") {
    CHECK(error_of(control::ErrorReply{control::ErrorCode::Busy, {}}) ==
          "pid 1 is busy with as many clients as it can serve; try again");
    CHECK(
        error_of(control::ErrorReply{control::ErrorCode::UnknownService, control::Name{"redsi"}}) ==
        "no service 'redsi' in this container; 'pidone status' lists them");
    CHECK(error_of(control::ErrorReply{control::ErrorCode::BadVersion, {}}) ==
          "pid 1 is a pidone of another version; use the binary that it was started from");
    CHECK(error_of(control::ErrorReply{control::ErrorCode::BadRequest, {}}) ==
          "pid 1 did not understand the request");
    CHECK(error_of(control::ErrorReply{control::ErrorCode::Refused, {}}) ==
          "pid 1 answers only inside its own container; use 'docker exec'");
    CHECK(error_of(control::ServiceReply{}) ==
          "pid 1 gave an answer that belongs to another question");
}

TEST_CASE("a server that hangs up without a word is told as such") {
    const Scripted server{{}};
    auto client = Client::connect(server.address());
    REQUIRE(client);

    const auto reply = client->status();

    REQUIRE(!reply);
    CHECK(reply.error().message == "pid 1 hung up without an answer");
}

TEST_CASE("a server that never answers is waited for two seconds, not for ever") {
    const auto address = "@pidone-test-mute-" + std::to_string(::getpid());
    const auto listener = sys::listen_on(address);
    REQUIRE(listener);
    auto client = Client::connect(address);
    REQUIRE(client);
    const auto start = std::chrono::steady_clock::now();

    const auto reply = client->health({}, 100ms);

    const auto elapsed = std::chrono::steady_clock::now() - start;
    REQUIRE(!reply);
    CHECK(reply.error().message == "pid 1 did not answer in time");
    CHECK(elapsed >= 2s);
    CHECK(elapsed < 10s);
}

TEST_CASE("status collects the services of its page") {
    control::StatusReply page;
    page.version = control::Word{"1.2.3"};
    page.total = 2;
    page.count = 2;
    control::ServiceReply first;
    first.name = control::Name{"mariadb"};
    control::ServiceReply second;
    second.name = control::Name{"nginx"};
    const Scripted server{{packet(page), packet(first), packet(second)}};
    auto client = Client::connect(server.address());
    REQUIRE(client);

    const auto status = client->status();

    REQUIRE(status);
    CHECK(status->container.version.view() == "1.2.3");
    REQUIRE(status->services.size() == 2);
    CHECK(status->services[1].name.view() == "nginx");
    CHECK(server.request().op == control::Op::Status);
}

TEST_CASE("a total that no page fulfils does not keep the client for ever") {
    control::StatusReply page;
    page.total = 5;
    const Scripted server{{packet(page)}};
    auto client = Client::connect(server.address());
    REQUIRE(client);

    const auto status = client->status();

    REQUIRE(status);
    CHECK(status->services.empty());
}

TEST_CASE("nobody at the named socket is an error with its errno") {
    const auto client = Client::connect("/nonexistent/control");

    REQUIRE(!client);
    CHECK(client.error().message == "cannot reach pid 1 at '/nonexistent/control'");
    CHECK(client.error().code == ENOENT);
}

TEST_CASE("a socket named \"\" says that it is off") {
    const auto client = Client::connect("");

    REQUIRE(!client);
    CHECK(client.error().message ==
          "the control socket is off: PIDONE_CONTROL or --control is empty");
}

TEST_CASE("a server that is not PID 1 is refused unless it was named") {
    const auto address = control::abstract_address();
    REQUIRE(address);
    const auto listener = sys::listen_on(*address);
    REQUIRE(listener);

    const auto client = Client::connect(std::nullopt);

    REQUIRE(!client);
    CHECK(client.error().message ==
          "what listens at '" + *address +
              "' is not pid 1 of this container; '--control' uses it all the same");
    CHECK(Client::connect(*address));
}
