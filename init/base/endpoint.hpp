// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace base {

/// Something that either answers or does not: what `wait-for`, `ready` and `pidone probe` look at.
struct Endpoint {
    enum class Kind {
        Tcp,   ///< a TCP connect to host:port succeeds
        Unix,  ///< a stream connect to the socket at `path` succeeds
        Http,  ///< GET path on host:port answers 2xx or 3xx
        File,  ///< `path` exists
    };
    Kind kind = Kind::Tcp;
    std::string host;        ///< name or address, without the brackets of an IPv6 literal
    std::uint16_t port = 0;  ///< 1 to 65535; 80 when an http URL names none
    std::string path;  ///< unix and file: an absolute path; http: the request target, at least "/"

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Reads "tcp://host:port", "unix:///path", "http://host[:port][/path]" or "file:/path" (also
/// "file:///path"). The error is the reason for people, e.g. "expected tcp://HOST:PORT,
/// unix:///PATH, http://HOST[:PORT]/PATH or file:/PATH".
[[nodiscard]] Result<Endpoint, std::string> parse_endpoint(std::string_view url);

/// The URL again, in its canonical spelling.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

}  // namespace base
