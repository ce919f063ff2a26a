// SPDX-License-Identifier: MIT
#include "sys/probe.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>

#include "sys/clock.hpp"
#include "sys/error_text.hpp"
#include "sys/fd.hpp"
#include "sys/files.hpp"
#include "sys/read.hpp"
#include "sys/resolve.hpp"
#include "sys/stream_socket.hpp"

namespace sys {
namespace {

using Outcome = base::Result<void, ProbeFailure>;

// Of a timeout try_endpoint() tells how long it was.
base::unexpected<ProbeFailure> failure(int code) {
    return base::unexpected<ProbeFailure>{
        ProbeFailure{code == ETIMEDOUT ? "" : error_text(code), code}};
}

base::unexpected<ProbeFailure> failure(std::string text) {
    return base::unexpected<ProbeFailure>{ProbeFailure{std::move(text), 0}};
}

base::Result<UniqueFd, ProbeFailure> connect_any(const base::Endpoint& endpoint,
                                                 base::Instant deadline) {
    const auto addresses = resolve(endpoint.host, endpoint.port, deadline);
    if (!addresses) {
        return base::unexpected{addresses.error()};
    }
    base::Errno last{"connect", ETIMEDOUT};
    auto left = static_cast<std::int64_t>(addresses->size());
    for (const auto& address : *addresses) {
        // An equal share of what is left each, so that a silent address does not use up all of it.
        const auto begin = now();
        const auto share = begin + std::max(deadline - begin, base::Duration::zero()) / left--;
        auto fd = connect_to(reinterpret_cast<const sockaddr*>(&address.storage), address.length,
                             SOCK_STREAM, share);
        if (fd) {
            return std::move(*fd);
        }
        last = fd.error();
    }
    return failure(last.code);
}

Outcome try_tcp(const base::Endpoint& endpoint, base::Instant deadline) {
    const auto fd = connect_any(endpoint, deadline);
    if (!fd) {
        return base::unexpected{fd.error()};
    }
    return {};
}

Outcome try_unix(const base::Endpoint& endpoint, base::Instant deadline) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (endpoint.path.size() >= sizeof address.sun_path) {
        return base::unexpected{
            ProbeFailure{"a socket path has 107 bytes at most", ENAMETOOLONG, true}};
    }
    std::copy(endpoint.path.begin(), endpoint.path.end(), address.sun_path);
    const auto fd = connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address,
                               SOCK_STREAM, deadline);
    if (!fd) {
        // A full backlog: it listens, but does not accept.
        return failure(fd.error().code == EAGAIN ? ETIMEDOUT : fd.error().code);
    }
    return {};
}

std::string make_request(const base::Endpoint& endpoint) {
    const bool is_ipv6 = endpoint.host.find(':') != std::string::npos;
    std::string host = is_ipv6 ? "[" + endpoint.host + "]" : endpoint.host;
    if (endpoint.port != 80) {
        host += ":" + std::to_string(endpoint.port);
    }
    return "GET " + endpoint.path + " HTTP/1.0\r\nHost: " + host +
           "\r\nUser-Agent: pidone\r\nConnection: close\r\n\r\n";
}

// Sends all of `request`; an errno value or 0.
int send_all(int fd, std::string_view request, base::Instant deadline) {
    while (!request.empty()) {
        const ssize_t sent = ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            request.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EAGAIN && errno != EINTR) {
            return errno;
        } else if (const int error = wait_for_events(fd, POLLOUT, deadline); error != 0) {
            return error;
        }
    }
    return 0;
}

// Past the interim answers (1xx) of `answer`, which end with an empty line each: the final one, or
// nothing while only interim ones have come.
std::string_view final_answer(std::string_view answer) {
    while (answer.starts_with("HTTP/") && answer.find(" 1") == answer.find(' ')) {
        const auto end = answer.find("\r\n\r\n");
        answer.remove_prefix(end == std::string_view::npos ? answer.size() : end + 4);
    }
    return answer;
}

// The answer so far, once it has the final status line or 64 bytes of what should be one; at the
// latest after 4 KiB of it all and at the end of the connection.
base::Result<std::string> receive_answer(int fd, base::Instant deadline) {
    constexpr std::size_t kLongest = 4096;
    std::string answer;
    while (answer.size() < kLongest) {
        const auto line = final_answer(answer);
        if (line.find('\n') != std::string_view::npos || line.size() >= 64) {
            break;
        }
        if (const int error = wait_for_events(fd, POLLIN, deadline); error != 0) {
            return base::unexpected{base::Errno{"poll", error}};
        }
        std::array<char, 64> buffer{};
        const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got == 0) {
            break;
        }
        if (got > 0) {
            answer.append(buffer.data(), static_cast<std::size_t>(got));
        } else if (errno != EAGAIN && errno != EINTR) {
            return base::unexpected{base::Errno{"recv", errno}};
        }
    }
    return answer;
}

// To close a socket with something unread resets the connection, which a server may log as an
// error. What is short and comes soon is read; a body without end holds nobody up.
void read_rest(int fd, base::Instant deadline) {
    constexpr base::Duration kPatience{250};
    constexpr std::size_t kLongest = 65'536;
    std::array<char, 4096> buffer;
    deadline = std::min(deadline, now() + kPatience);
    std::size_t size = 0;
    while (size < kLongest && wait_for_events(fd, POLLIN, deadline) == 0) {
        const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            return;
        }
        size += static_cast<std::size_t>(std::max(got, ssize_t{0}));
    }
}

// "HTTP/1.1 200 OK": three digits, then a space or the end of the line.
Outcome judge(std::string_view answer) {
    const auto line = answer.substr(0, answer.find_first_of("\r\n"));
    const auto space = std::min(line.find(' '), line.size());
    const auto rest = line.substr(std::min(space + 1, line.size()));
    const auto status = rest.substr(0, rest.find(' '));
    if (!line.starts_with("HTTP/") || status.size() != 3 ||
        status.find_first_not_of("0123456789") != std::string_view::npos) {
        return failure("the answer is not HTTP");
    }
    if (status[0] != '2' && status[0] != '3') {
        return failure("status " + std::string{status});
    }
    return {};
}

Outcome try_http(const base::Endpoint& endpoint, base::Instant deadline) {
    const auto fd = connect_any(endpoint, deadline);
    if (!fd) {
        return base::unexpected{fd.error()};
    }
    if (const int error = send_all(fd->get(), make_request(endpoint), deadline); error != 0) {
        return failure(error);
    }
    const auto answer = receive_answer(fd->get(), deadline);
    if (!answer) {
        return failure(answer.error().code);
    }
    if (answer->starts_with("HTTP/")) {
        read_rest(fd->get(), deadline);
    }
    return judge(final_answer(*answer));
}

Outcome try_once(const base::Endpoint& endpoint, base::Instant deadline) {
    switch (endpoint.kind) {
    case base::Endpoint::Kind::Tcp:
        return try_tcp(endpoint, deadline);
    case base::Endpoint::Kind::Unix:
        return try_unix(endpoint, deadline);
    case base::Endpoint::Kind::Http:
        return try_http(endpoint, deadline);
    case base::Endpoint::Kind::File:
        return kind_of(endpoint.path) != FileKind::None ? Outcome{} : failure(ENOENT);
    }
    return failure(EINVAL);
}

}  // namespace

bool was_cut(const ProbeFailure& failure, base::Duration given) {
    return given < kTryTimeout && failure.code == ETIMEDOUT;
}

Outcome try_endpoint(const base::Endpoint& endpoint, base::Duration timeout) {
    auto outcome = try_once(endpoint, now() + timeout);
    if (!outcome && outcome.error().text.empty()) {
        outcome.error().text = "timed out after " + base::to_string(timeout);
    }
    return outcome;
}

}  // namespace sys
