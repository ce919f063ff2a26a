// SPDX-License-Identifier: MIT
#include "base/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace base {
namespace {

constexpr const char* kExpected =
    "expected tcp://HOST:PORT, unix:///PATH, http://HOST[:PORT]/PATH or file:/PATH";

/// What stands before the path of a tcp or http URL.
struct Authority {
    std::string_view host;
    std::string_view port;  ///< empty when there is none
    bool has_port = false;
};

std::optional<Authority> split_authority(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        const auto host = text.substr(1, end == std::string_view::npos ? end : end - 1);
        // The brackets are there for its colons, and hold nothing else than an address.
        if (end == std::string_view::npos || host.find(':') == std::string_view::npos ||
            host.find('[') != std::string_view::npos) {
            return std::nullopt;
        }
        const auto rest = text.substr(end + 1);
        if (!rest.empty() && rest.front() != ':') {
            return std::nullopt;
        }
        return Authority{host, rest.empty() ? rest : rest.substr(1), !rest.empty()};
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        return Authority{text, {}, false};
    }
    const auto port = text.substr(colon + 1);
    if (port.find(':') != std::string_view::npos) {
        return std::nullopt;  // an IPv6 address without its brackets
    }
    return Authority{text.substr(0, colon), port, true};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
        return std::nullopt;
    }
    return port;
}

/// A request target or a path goes into a request line or a message as it is.
bool has_control_or_space(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) {
            return true;
        }
    }
    return false;
}

/// What is most likely wrong with a URL of no known form, or "".
std::string_view cause(std::string_view url) {
    std::string scheme{url.substr(0, url.find(':'))};
    const bool has_capitals =
        std::any_of(scheme.begin(), scheme.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    const auto start = url.find("://");
    const auto rest = start == std::string_view::npos ? "" : url.substr(start + 3);
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    if (has_control_or_space(url)) {
        return "it holds a space or a control character; ";
    }
    if (start != std::string_view::npos && has_capitals) {
        return "the scheme has small letters only; ";
    }
    if (scheme == "https") {
        return "a probe speaks no TLS; ";
    }
    if (authority.find('@') != std::string_view::npos) {
        return "a user or a password cannot be given; ";
    }
    if (std::count(authority.begin(), authority.end(), ':') > 1) {
        return "an IPv6 address stands in brackets, like [::1]:80; ";
    }
    return "";
}

unexpected<std::string> no_form(std::string_view url) {
    return unexpected(std::string{cause(url)} + kExpected);
}

Result<Endpoint, std::string> parse_network(Endpoint::Kind kind, std::string_view url,
                                            std::string_view rest) {
    Endpoint endpoint;
    endpoint.kind = kind;
    if (kind == Endpoint::Kind::Http) {
        const auto slash = rest.find_first_of("/?#");
        endpoint.path = slash == std::string_view::npos ? "/" : std::string{rest.substr(slash)};
        endpoint.path.resize(std::min(endpoint.path.size(), endpoint.path.find('#')));
        if (!endpoint.path.starts_with('/')) {
            endpoint.path.insert(0, "/");
        }
        rest = rest.substr(0, slash);
    }
    const auto authority = split_authority(rest);
    if (!authority || authority->host.empty() || has_control_or_space(rest) ||
        has_control_or_space(endpoint.path) || rest.find_first_of("/@") != std::string_view::npos) {
        return no_form(url);
    }
    endpoint.host = authority->host;
    if (!authority->has_port) {
        if (kind == Endpoint::Kind::Tcp) {
            return unexpected(std::string{"the port is missing, expected tcp://HOST:PORT"});
        }
        endpoint.port = 80;
        return endpoint;
    }
    const auto port = parse_port(authority->port);
    if (!port) {
        return unexpected("the port must be a number from 1 to 65535, got '" +
                          std::string{authority->port} + "'");
    }
    endpoint.port = *port;
    return endpoint;
}

Result<Endpoint, std::string> parse_path(Endpoint::Kind kind, std::string_view path) {
    if (path.starts_with("//")) {
        path.remove_prefix(2);
    }
    if (!path.starts_with('/') || path.size() < 2) {
        return unexpected("the path must be absolute, got '" + std::string{path} + "'");
    }
    // sockaddr_un holds 108 bytes with the closing NUL (unix(7)).
    if (kind == Endpoint::Kind::Unix && path.size() > 107) {
        return unexpected(std::string{"the path of a socket has at most 107 bytes"});
    }
    Endpoint endpoint;
    endpoint.kind = kind;
    endpoint.path = path;
    return endpoint;
}

}  // namespace

Result<Endpoint, std::string> parse_endpoint(std::string_view url) {
    struct Scheme {
        std::string_view prefix;
        Endpoint::Kind kind;
    };
    for (const auto& scheme :
         {Scheme{"tcp://", Endpoint::Kind::Tcp}, Scheme{"http://", Endpoint::Kind::Http}}) {
        if (url.starts_with(scheme.prefix)) {
            return parse_network(scheme.kind, url, url.substr(scheme.prefix.size()));
        }
    }
    for (const auto& scheme :
         {Scheme{"unix:", Endpoint::Kind::Unix}, Scheme{"file:", Endpoint::Kind::File}}) {
        if (url.starts_with(scheme.prefix)) {
            return parse_path(scheme.kind, url.substr(scheme.prefix.size()));
        }
    }
    return no_form(url);
}

std::string to_string(const Endpoint& endpoint) {
    const auto host =
        endpoint.host.find(':') == std::string::npos ? endpoint.host : "[" + endpoint.host + "]";
    switch (endpoint.kind) {
    case Endpoint::Kind::Tcp:
        return "tcp://" + host + ":" + std::to_string(endpoint.port);
    case Endpoint::Kind::Http:
        return "http://" + host + ":" + std::to_string(endpoint.port) + endpoint.path;
    case Endpoint::Kind::Unix:
        return "unix://" + endpoint.path;
    case Endpoint::Kind::File:
        // Two slashes at its begin would be read as the form with an empty host.
        return (endpoint.path.starts_with("//") ? "file://" : "file:") + endpoint.path;
    }
    return {};
}

}  // namespace base
