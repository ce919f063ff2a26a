// SPDX-License-Identifier: MIT
#include "sys/resolve.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

#include "sys/clock.hpp"
#include "sys/spawn.hpp"

namespace sys {
namespace {

using Addresses = std::vector<SocketAddress>;

// What the child sends back for one address, or once with a code of getaddrinfo(3).
struct Answer {
    int code = 0;
    SocketAddress address;
};
// Keeps every answer together below PIPE_BUF times a few; more addresses than that are a joke.
constexpr std::size_t kMaxAddresses = 16;

struct InfoDeleter {
    void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};

int look_up(const std::string& host, std::uint16_t port, int flags, Addresses& addresses) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    std::array<char, 8> service{};
    std::snprintf(service.data(), service.size(), "%u", unsigned{port});
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(host.c_str(), service.data(), &hints, &found);
    if (code != 0) {
        return code;
    }
    const std::unique_ptr<addrinfo, InfoDeleter> owner{found};
    for (const addrinfo* info = found; info != nullptr && addresses.size() < kMaxAddresses;
         info = info->ai_next) {
        SocketAddress address;
        address.length = std::min<socklen_t>(info->ai_addrlen, sizeof address.storage);
        std::memcpy(&address.storage, info->ai_addr, address.length);
        addresses.push_back(address);
    }
    return 0;
}

[[noreturn]] void answer_and_exit(int pipe, const std::string& host, std::uint16_t port) {
    Addresses addresses;
    Answer answer;
    answer.code = look_up(host, port, AI_ADDRCONFIG, addresses);
    if (answer.code != 0) {
        // With nothing but a loopback device AI_ADDRCONFIG hides even 127.0.0.1 of /etc/hosts.
        answer.code = look_up(host, port, 0, addresses);
    }
    if (answer.code != 0) {
        static_cast<void>(!::write(pipe, &answer, sizeof answer));
    }
    for (const auto& address : addresses) {
        answer.address = address;
        static_cast<void>(!::write(pipe, &answer, sizeof answer));
    }
    exit_now(0);
}

ProbeFailure describe(int code, const std::string& host) {
    ProbeFailure failure;
    switch (code) {
    case EAI_NONAME:
    case EAI_NODATA:
        failure.text = "name '" + host + "' not found";
        break;
    case EAI_AGAIN:
        failure.text = "no name server answered for '" + host + "'";
        break;
    default:
        failure.text = "looking up '" + host + "' failed";
        break;
    }
    return failure;
}

// Reads answers until the child closes its end. False when the deadline came first.
bool collect(int pipe, base::Instant deadline, Addresses& addresses, int& code) {
    for (;;) {
        const auto left = std::max(deadline - now(), base::Duration::zero());
        pollfd wanted{pipe, POLLIN, 0};
        const int ready = ::poll(&wanted, 1, static_cast<int>(left.count()));
        if (ready == 0) {
            return false;
        }
        Answer answer;
        // Each answer is one write below PIPE_BUF, so it is never read in parts.
        const ssize_t got = ready > 0 ? ::read(pipe, &answer, sizeof answer) : -1;
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got != static_cast<ssize_t>(sizeof answer)) {
            return true;
        }
        code = answer.code;
        if (code == 0) {
            addresses.push_back(answer.address);
        }
    }
}

}  // namespace

base::Result<Addresses, ProbeFailure> resolve(const std::string& host, std::uint16_t port,
                                              base::Instant deadline) {
    Addresses addresses;
    if (look_up(host, port, AI_NUMERICHOST, addresses) == 0) {
        return addresses;
    }
    auto pipe = pipe_cloexec();
    const auto child =
        pipe ? fork_child() : base::Result<base::Pid>{base::unexpected{pipe.error()}};
    if (!child) {
        return base::unexpected{ProbeFailure{"cannot start the name lookup", child.error().code}};
    }
    if (*child == base::Pid::None) {
        answer_and_exit(pipe->write.get(), host, port);
    }
    pipe->write.reset();
    int code = 0;
    const bool in_time = collect(pipe->read.get(), deadline, addresses, code);
    if (!in_time) {
        ::kill(raw(*child), SIGKILL);
    }
    int status = 0;
    while (::waitpid(raw(*child), &status, 0) < 0 && errno == EINTR) {
    }
    if (!in_time) {
        return base::unexpected{ProbeFailure{"looking up '" + host + "' took too long", ETIMEDOUT}};
    }
    if (code != 0) {
        return base::unexpected{describe(code, host)};
    }
    if (addresses.empty()) {
        return base::unexpected{ProbeFailure{"the name lookup of '" + host + "' crashed", 0}};
    }
    return addresses;
}

}  // namespace sys
