// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "base/endpoint.hpp"

TEST_CASE("an endpoint is read and written in its canonical spelling") {
    struct Row {
        const char* url;
        const char* canonical;
    };
    for (const auto& row : {
             Row{"tcp://mariadb:3306", "tcp://mariadb:3306"},
             Row{"tcp://[::1]:80", "tcp://[::1]:80"},
             Row{"http://web", "http://web:80/"},
             Row{"http://web:8080", "http://web:8080/"},
             Row{"http://web/ping?x=1#part", "http://web:80/ping?x=1"},
             Row{"http://web?x", "http://web:80/?x"},
             Row{"http://[fe80::1]/", "http://[fe80::1]:80/"},
             Row{"unix:///run/x.sock", "unix:///run/x.sock"},
             Row{"unix:/run/x.sock", "unix:///run/x.sock"},
             Row{"file:/run/flag", "file:/run/flag"},
             Row{"file:///run/flag", "file:/run/flag"},
             Row{"file:////run/flag", "file:////run/flag"},
         }) {
        CAPTURE(row.url);
        const auto endpoint = base::parse_endpoint(row.url);
        REQUIRE(endpoint.has_value());
        CHECK(base::to_string(*endpoint) == row.canonical);
        CHECK(base::parse_endpoint(base::to_string(*endpoint)) == endpoint);
    }
}

TEST_CASE("what is no endpoint says what was expected") {
    struct Row {
        const char* url;
        const char* reason;
    };
    const char* forms =
        "expected tcp://HOST:PORT, unix:///PATH, http://HOST[:PORT]/PATH or file:/PATH";
    for (const auto& row : {
             Row{"", forms},
             Row{"mariadb:3306", forms},
             Row{"tcp://:80", forms},
             Row{"tcp://a/b:80", forms},
             Row{"tcp://[web]:80", forms},
             Row{"tcp://[[web]:80", forms},
             Row{"tcp://[]:80", forms},
             Row{"tcp://web", "the port is missing, expected tcp://HOST:PORT"},
             Row{"tcp://web:", "the port must be a number from 1 to 65535, got ''"},
             Row{"tcp://web:0", "the port must be a number from 1 to 65535, got '0'"},
             Row{"tcp://web:65536", "the port must be a number from 1 to 65535, got '65536'"},
             Row{"tcp://web:80x", "the port must be a number from 1 to 65535, got '80x'"},
             Row{"unix://run/x", "the path must be absolute, got 'run/x'"},
             Row{"file:", "the path must be absolute, got ''"},
         }) {
        CAPTURE(row.url);
        const auto endpoint = base::parse_endpoint(row.url);
        REQUIRE_FALSE(endpoint.has_value());
        CHECK(endpoint.error() == row.reason);
    }
}

TEST_CASE("what is no endpoint for a common reason names it") {
    struct Row {
        const char* url;
        const char* cause;
    };
    for (const auto& row : {
             Row{"https://web/", "a probe speaks no TLS"},
             Row{"HTTP://web/", "the scheme has small letters only"},
             Row{"tcp://::1:80", "an IPv6 address stands in brackets, like [::1]:80"},
             Row{"tcp://[::1:80", "an IPv6 address stands in brackets, like [::1]:80"},
             Row{"tcp://[::1]80", "an IPv6 address stands in brackets, like [::1]:80"},
             Row{"http://user:word@web/", "a user or a password cannot be given"},
             Row{"tcp://user@web:80", "a user or a password cannot be given"},
             Row{"http://web/a b", "it holds a space or a control character"},
             Row{"http://web/a\r\nHost: evil", "it holds a space or a control character"},
         }) {
        CAPTURE(row.url);
        const auto endpoint = base::parse_endpoint(row.url);
        REQUIRE_FALSE(endpoint.has_value());
        CHECK(
            endpoint.error() ==
            std::string{row.cause} +
                "; expected tcp://HOST:PORT, unix:///PATH, http://HOST[:PORT]/PATH or file:/PATH");
    }
    CHECK(base::parse_endpoint("http://web/@/a:b:c").has_value());
}

TEST_CASE("a socket's path has at most 107 bytes") {
    CHECK(base::parse_endpoint("unix:/" + std::string(106, 'a')).has_value());

    const auto endpoint = base::parse_endpoint("unix:/" + std::string(107, 'a'));

    REQUIRE_FALSE(endpoint.has_value());
    CHECK(endpoint.error() == "the path of a socket has at most 107 bytes");
}
