// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "sys/clock.hpp"
#include "sys/fd.hpp"
#include "sys/probe.hpp"
#include "sys_support.hpp"

using base::Duration;
using base::Endpoint;

namespace {

struct Listener {
    sys::UniqueFd fd;
    std::uint16_t port = 0;
};

Listener listen_on_loopback() {
    Listener listener;
    listener.fd.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener.fd.get(), generic, length) == 0);
    REQUIRE(::listen(listener.fd.get(), 8) == 0);
    REQUIRE(::getsockname(listener.fd.get(), generic, &length) == 0);
    listener.port = ntohs(address.sin_port);
    return listener;
}

Endpoint tcp(std::uint16_t port, std::string host = "127.0.0.1") {
    return {Endpoint::Kind::Tcp, std::move(host), port, ""};
}

// Answers one request with `answer` and gives the request back through `request`.
base::Result<void, sys::ProbeFailure> try_http(const std::string& answer, std::string& request) {
    const auto listener = listen_on_loopback();
    auto pipe = std::array<int, 2>{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const pid_t server = ::fork();
    if (server == 0) {
        ::alarm(20);
        const int client = ::accept(listener.fd.get(), nullptr, nullptr);
        std::array<char, 1024> buffer{};
        const ssize_t got = ::read(client, buffer.data(), buffer.size());
        static_cast<void>(
            !::write(pipe[1], buffer.data(), static_cast<std::size_t>(std::max(got, ssize_t{0}))));
        static_cast<void>(!::write(client, answer.data(), answer.size()));
        ::_exit(0);
    }
    ::close(pipe[1]);
    auto outcome = sys::try_endpoint(
        {Endpoint::Kind::Http, "127.0.0.1", listener.port, "/ping?x=1"}, Duration{5000});
    std::array<char, 1024> buffer{};
    const ssize_t got = ::read(pipe[0], buffer.data(), buffer.size());
    ::close(pipe[0]);
    request.assign(buffer.data(), static_cast<std::size_t>(got));
    ::waitpid(server, nullptr, 0);
    return outcome;
}

// A server that sends its body in parts, and what it sees in the end: 0 when all went well.
int serve_in_parts(const Listener& listener, int parts) {
    ::signal(SIGPIPE, SIG_IGN);
    ::alarm(20);
    const int client = ::accept(listener.fd.get(), nullptr, nullptr);
    std::array<char, 1024> buffer{};
    static_cast<void>(!::read(client, buffer.data(), buffer.size()));
    const std::string_view head = "HTTP/1.0 200 OK\r\n\r\n";
    bool is_well = ::send(client, head.data(), head.size(), 0) > 0;
    for (int part = 0; is_well && part != parts; ++part) {
        is_well = ::send(client, buffer.data(), buffer.size(), 0) > 0;
        // A pause between two parts, which the end of the client cuts short.
        pollfd gone{client, POLLRDHUP, 0};
        static_cast<void>(::poll(&gone, 1, 5));
    }
    ::shutdown(client, SHUT_WR);
    return is_well && ::read(client, buffer.data(), buffer.size()) == 0 ? 0 : 1;
}

}  // namespace

TEST_CASE("a listening port answers, by address and by name") {
    const auto listener = listen_on_loopback();

    CHECK(sys::try_endpoint(tcp(listener.port), Duration{5000}));
    CHECK(sys::try_endpoint(tcp(listener.port, "localhost"), Duration{5000}));
}

TEST_CASE("a closed port refuses") {
    std::uint16_t port = 0;
    { port = listen_on_loopback().port; }

    const auto outcome = sys::try_endpoint(tcp(port), Duration{5000});

    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == ECONNREFUSED);
    CHECK(outcome.error().text == "connection refused");
}

TEST_CASE("a server that accepts nothing and says nothing times out") {
    const auto listener = listen_on_loopback();
    const auto begin = sys::now();

    const auto outcome =
        sys::try_endpoint({Endpoint::Kind::Http, "127.0.0.1", listener.port, "/"}, Duration{150});

    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == ETIMEDOUT);
    CHECK(outcome.error().text == "timed out after 150ms");
    CHECK(sys::now() - begin < Duration{5000});
}

TEST_CASE("an empty host is not found") {
    const auto outcome = sys::try_endpoint(tcp(80, "no such host"), Duration{5000});

    CHECK_FALSE(outcome);
}

TEST_CASE("an HTTP probe asks with HTTP/1.0 and Host, and takes 2xx and 3xx") {
    std::string request;
    CHECK(try_http("HTTP/1.1 200 OK\r\n\r\nhello", request));
    CHECK(request.starts_with("GET /ping?x=1 HTTP/1.0\r\nHost: 127.0.0.1:"));
    CHECK(request.ends_with("\r\n\r\n"));
    CHECK(try_http("HTTP/1.0 302 Found\r\n", request));
}

TEST_CASE("an HTTP probe reads the answer to its end, so that the server is not reset") {
    const auto listener = listen_on_loopback();
    const pid_t server = ::fork();
    if (server == 0) {
        ::_exit(serve_in_parts(listener, 10));
    }

    CHECK(
        sys::try_endpoint({Endpoint::Kind::Http, "127.0.0.1", listener.port, "/"}, Duration{5000}));
    int status = -1;
    ::waitpid(server, &status, 0);
    CHECK(status == 0);
}

TEST_CASE("an HTTP probe does not wait for the end of a body that has none") {
    const auto listener = listen_on_loopback();
    const pid_t server = ::fork();
    if (server == 0) {
        ::_exit(serve_in_parts(listener, -1));
    }
    const auto begin = sys::now();

    CHECK(sys::try_endpoint({Endpoint::Kind::Http, "127.0.0.1", listener.port, "/"},
                            Duration{15'000}));
    CHECK(sys::now() - begin < Duration{10'000});
    ::waitpid(server, nullptr, 0);
}

TEST_CASE("an HTTP answer that is none or bad is told") {
    std::string request;
    CHECK(try_http("HTTP/1.1 503 Service Unavailable\r\n\r\n", request).error().text ==
          "status 503");
    CHECK(try_http("SSH-2.0-OpenSSH\r\n", request).error().text == "the answer is not HTTP");
    CHECK(try_http("HTTP/1.1 2", request).error().text == "the answer is not HTTP");
    CHECK(try_http("", request).error().text == "the answer is not HTTP");
}

TEST_CASE("a server that greets without a newline and stays is not HTTP at once") {
    const auto listener = listen_on_loopback();
    const pid_t server = ::fork();
    if (server == 0) {
        ::alarm(20);
        const int client = ::accept(listener.fd.get(), nullptr, nullptr);
        const std::string greeting(90, 'J');
        static_cast<void>(!::write(client, greeting.data(), greeting.size()));
        char byte = 0;
        while (::read(client, &byte, 1) > 0) {
        }
        ::_exit(0);
    }

    const auto outcome =
        sys::try_endpoint({Endpoint::Kind::Http, "127.0.0.1", listener.port, "/"}, Duration{5000});

    CHECK(outcome.error().text == "the answer is not HTTP");
    ::waitpid(server, nullptr, 0);
}

TEST_CASE("an HTTP status has three digits and ends after them") {
    std::string request;
    CHECK(try_http("HTTP/1.1 2001 x\r\n\r\n", request).error().text == "the answer is not HTTP");
    CHECK(try_http("HTTP/1.1 20\r\n0", request).error().text == "the answer is not HTTP");
    CHECK(try_http("HTTP/1.1 200\r\n\r\n", request));
    CHECK(try_http("HTTP/1.1 204\n\n", request));
    CHECK(try_http("HTTP/1.0 200", request));
}

TEST_CASE("interim HTTP answers are read past") {
    std::string request;
    const std::string hints =
        "HTTP/1.1 103 Early Hints\r\nLink: <" + std::string(500, 'a') + ">\r\n\r\n";
    CHECK(try_http("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", request));
    CHECK(try_http(hints + hints + "HTTP/1.1 503 Busy\r\n\r\n", request).error().text ==
          "status 503");
    CHECK(try_http("HTTP/1.1 100 Continue\r\n\r\n", request).error().text ==
          "the answer is not HTTP");
}

TEST_CASE("files and unix sockets are probed by their path") {
    const sys_support::TemporaryDirectory directory;
    const Endpoint file{Endpoint::Kind::File, "", 0, directory / "file"};
    const Endpoint socket{Endpoint::Kind::Unix, "", 0, directory / "socket"};

    CHECK(sys::try_endpoint(file, Duration{1000}).error().text == "no such file or directory");
    CHECK(sys::try_endpoint(socket, Duration{1000}).error().text == "no such file or directory");

    REQUIRE(sys::write_file_atomic(file.path, "", 0600));
    CHECK(sys::try_endpoint(file, Duration{1000}));
    const sys::UniqueFd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket.path.data(), socket.path.size());
    REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    CHECK(sys::try_endpoint(socket, Duration{1000}).error().text == "connection refused");
    REQUIRE(::listen(listener.get(), 1) == 0);
    CHECK(sys::try_endpoint(socket, Duration{1000}));
}

TEST_CASE("a socket path that is too long fails for good") {
    const auto outcome = sys::try_endpoint(
        {Endpoint::Kind::Unix, "", 0, "/" + std::string(120, 'a')}, Duration{1000});

    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().is_permanent);
    CHECK(outcome.error().text == "a socket path has 107 bytes at most");
}
