// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "cli/exporter_server.hpp"
#include "sys/clock.hpp"
#include "sys/listen_socket.hpp"
#include "sys/stream_socket.hpp"
#include "sys_support.hpp"

using cli::ExporterServer;

namespace {

class Counting final : public ExporterServer::Source {
  public:
    [[nodiscard]] std::string page(cli::MetricsFormat format) override {
        ++count;
        return format == cli::MetricsFormat::Text ? body : "open\n";
    }
    int count = 0;
    std::string body = "text\n";
};

/// A server at a socket of its own, and clients that never block.
class World {
  public:
    World() : server_{make()} {}

    sys::UniqueFd connect() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const auto path = directory_ / "s";
        std::copy(path.begin(), path.end(), address.sun_path);
        sys::UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
        REQUIRE(sys::set_non_blocking(fd.get()));
        return fd;
    }
    sys::UniqueFd ask(const std::string& request) {
        auto fd = connect();
        REQUIRE(sys::send_some(fd.get(), request).value_or(0) == request.size());
        return fd;
    }
    void turn() { REQUIRE(server_.turn(base::Duration{20})); }
    /// Whether so many connections are there, now or soon.
    bool has_connections(std::size_t count) {
        for (int i = 0; i < 50 && server_.connection_count() != count; ++i) {
            turn();
        }
        return server_.connection_count() == count;
    }
    /// Everything until the end of the connection; "" when it was reset.
    std::string answer(const sys::UniqueFd& fd, base::Duration limit = base::Duration{10'000}) {
        std::string all;
        for (const auto end = sys::now() + limit; sys::now() < end; turn()) {
            std::array<char, 65'536> buffer;
            const auto got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
            if (got > 0) {
                all.append(buffer.data(), static_cast<std::size_t>(got));
            } else if (got == 0 || errno != EAGAIN) {
                return all;
            }
        }
        return all + " ...";
    }
    ExporterServer& server() { return server_; }
    Counting source;

  private:
    ExporterServer make() {
        auto listener = sys::listen_unix(directory_ / "s", 0600, std::nullopt);
        REQUIRE(listener);
        REQUIRE(sys::set_non_blocking(listener->fd.get()));
        auto server = ExporterServer::create(std::move(listener->fd), source);
        REQUIRE(server);
        return std::move(*server);
    }

    sys_support::TemporaryDirectory directory_;
    ExporterServer server_;
};

const std::string kGet = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

}  // namespace

TEST_CASE("a page is served, the connection ends, its place is free again") {
    World world;
    const auto fd = world.ask(kGet);
    CHECK(world.answer(fd).ends_with("\r\n\r\ntext\n"));
    ::shutdown(fd.get(), SHUT_WR);
    CHECK(world.has_connections(0));
    CHECK(world.source.count == 1);
}

TEST_CASE("a request may come byte by byte") {
    World world;
    const auto fd = world.connect();
    for (const char letter : kGet) {
        REQUIRE(sys::send_some(fd.get(), {&letter, 1}));
        world.turn();
    }
    CHECK(world.answer(fd).ends_with("\r\n\r\ntext\n"));
}

TEST_CASE("a refusal costs no page") {
    World world;
    CHECK(world.answer(world.ask("GET / HTTP/1.0\r\n\r\n")).starts_with("HTTP/1.1 404 "));
    CHECK(world.answer(world.ask("\x16\x03\x01")).starts_with("HTTP/1.1 400 "));
    CHECK(world.source.count == 0);
}

TEST_CASE("a page that is larger than the socket's buffer arrives whole") {
    World world;
    world.source.body = std::string(3'000'000, 'x');
    const auto fd = world.ask(kGet);
    const auto answer = world.answer(fd);
    CHECK(answer.size() > world.source.body.size());
    CHECK(answer.ends_with(world.source.body));
    CHECK(answer.find("Content-Length: 3000000\r\n") != std::string::npos);
}

TEST_CASE("who hangs up in the middle leaves nothing behind") {
    World world;
    {
        const auto half = world.ask("GET /met");
        CHECK(world.has_connections(1));
    }
    CHECK(world.has_connections(0));
    world.source.body = std::string(3'000'000, 'x');
    {
        const auto deaf = world.ask(kGet);
        CHECK(world.has_connections(1));
        world.turn();  // its page is on the way
        CHECK(world.source.count == 1);
    }
    CHECK(world.has_connections(0));
}

TEST_CASE("when every place is taken the silent ones are hung up on soon, and the next is served") {
    World world;
    std::vector<sys::UniqueFd> silent;
    for (std::size_t i = 0; i < ExporterServer::kMaxConnections; ++i) {
        silent.push_back(world.connect());
    }
    CHECK(world.has_connections(ExporterServer::kMaxConnections));

    const auto begin = sys::now();
    const auto answer = world.answer(world.ask(kGet));
    CHECK(answer.ends_with("\r\n\r\ntext\n"));
    CHECK((sys::now() - begin).count() >= ExporterServer::kHurry.count() - 100);
    CHECK((sys::now() - begin).count() < ExporterServer::kPatience.count());
}

TEST_CASE("a client that never ends its request is hung up on without an answer") {
    World world;
    const auto fd = world.ask("GET /metrics HTTP/1.1\r\nHost: ");
    const auto begin = sys::now();
    CHECK(world.answer(fd).empty());
    CHECK((sys::now() - begin).count() >= ExporterServer::kPatience.count() - 100);
    CHECK(world.has_connections(0));
}

TEST_CASE("a client that sends on and on after its request gets the answer all the same") {
    World world;
    const auto fd = world.ask(kGet + std::string(20'000, 'y'));
    CHECK(world.answer(fd).ends_with("\r\n\r\ntext\n"));
}
