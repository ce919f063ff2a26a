// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cli/exporter_options.hpp"

using base::Endpoint;

namespace {

base::Result<cli::ExporterOptions, std::string> parse(const std::vector<std::string>& words) {
    return cli::parse_exporter_options(words);
}

Endpoint tcp(const std::string& host, std::uint16_t port) {
    return {Endpoint::Kind::Tcp, host, port, ""};
}

}  // namespace

TEST_CASE("the exporter listens on the loopback device unless told otherwise") {
    const auto options = parse({});
    REQUIRE(options);
    CHECK((options->listen == tcp("127.0.0.1", 10191)));
    CHECK_FALSE(options->control);
    CHECK_FALSE(options->is_help);
}

TEST_CASE("every form of an address to listen on is understood") {
    CHECK((cli::parse_listen_address("10.0.0.1:1") == tcp("10.0.0.1", 1)));
    CHECK((cli::parse_listen_address("localhost:80") == tcp("127.0.0.1", 80)));
    CHECK((cli::parse_listen_address("[::]:80") == tcp("::", 80)));
    CHECK((cli::parse_listen_address(":65535") == tcp("", 65535)));
    CHECK((cli::parse_listen_address("web:80") == tcp("web", 80)));
    CHECK((cli::parse_listen_address("web.1a:80") == tcp("web.1a", 80)));
    CHECK((cli::parse_listen_address("tcp://0.0.0.0:80") == tcp("0.0.0.0", 80)));
    CHECK((cli::parse_listen_address("tcp://:80") == tcp("", 80)));
    CHECK((cli::parse_listen_address("unix:///run/x") ==
           Endpoint{Endpoint::Kind::Unix, "", 0, "/run/x"}));
}

TEST_CASE("what is no address to listen on says what one looks like") {
    for (const auto* const text :
         {"", "80", ":", ":0", ":65536", "::1:80", "[::1]", "1.2.3.4", "host:80/x",
          "web:", "http://1.2.3.4:80", "1.2.3.4:80 ", "1.2.3:80", "web.1:80", "1.2.3.256:80",
          "web.:80", "[1]:80", "[::g]:80"}) {
        CAPTURE(text);
        const auto address = cli::parse_listen_address(text);
        REQUIRE_FALSE(address);
        CHECK(address.error() ==
              "expected ADDRESS:PORT, [ADDRESS]:PORT, NAME:PORT, :PORT or unix:///PATH");
    }
    CHECK(cli::parse_listen_address("unix://x").error() == "the path must be absolute, got 'x'");
    CHECK(parse({"--listen", "80"}).error() ==
          "'--listen 80': expected ADDRESS:PORT, [ADDRESS]:PORT, NAME:PORT, :PORT or unix:///PATH");
}

TEST_CASE("options take their value from the next word or behind an equals sign") {
    const auto options = parse({"--listen=:9", "--control", "/x"});
    REQUIRE(options);
    CHECK((options->listen == tcp("", 9)));
    CHECK(options->control == "/x");
    CHECK(parse({"--control=@name"})->control == "@name");
    CHECK(parse({"-h"})->is_help);
    CHECK(parse({"--help"})->is_help);
}

TEST_CASE("what the exporter does not know or miss it refuses") {
    CHECK(parse({"--port", "1"}).error() ==
          "unknown argument '--port', expected --listen or --control");
    CHECK(parse({"web"}).error() == "unknown argument 'web', expected --listen or --control");
    CHECK(parse({"--listen"}).error() == "'--listen' needs an address");
    CHECK(parse({"--control"}).error() == "'--control' needs the path of a socket");
}
