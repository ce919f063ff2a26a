// SPDX-License-Identifier: MIT
#include "sys/dns_client.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sys/clock.hpp"
#include "sys/fd.hpp"
#include "sys/random.hpp"
#include "sys/read.hpp"
#include "sys/stream_socket.hpp"

namespace sys {
namespace {

// What one server said to one question.
struct Question {
    DnsQuery query;
    DnsOutcome outcome = DnsOutcome::Foreign;
};
// IPv4 first, in the answer as well: inside containers it is what works.
using Questions = std::array<Question, 2>;

base::Result<UniqueFd> connect_to_server(const SocketAddress& server, int type,
                                         base::Instant deadline) {
    return connect_to(reinterpret_cast<const sockaddr*>(&server.storage), server.length, type,
                      deadline);
}

// Everything, or false at the deadline or when the other end is gone.
bool receive_all(int fd, std::span<std::uint8_t> into, base::Instant deadline) {
    while (!into.empty()) {
        if (wait_for_events(fd, POLLIN, deadline) != 0) {
            return false;
        }
        const auto got = read_some(fd, into.data(), into.size());
        if (!got && got.error().code == EAGAIN) {
            continue;
        }
        if (!got || *got == 0) {
            return false;
        }
        into = into.subspan(*got);
    }
    return true;
}

// RFC 1035, 4.2.2: the same message after its length in two bytes. A fresh socket takes as little
// as a question at once.
DnsOutcome ask_by_tcp(const SocketAddress& server, const DnsQuery& query, base::Instant deadline,
                      std::vector<DnsAddress>& addresses) {
    const auto fd = connect_to_server(server, SOCK_STREAM, deadline);
    DnsQuery framed{static_cast<std::uint8_t>(query.size() >> 8),
                    static_cast<std::uint8_t>(query.size() & 0xff)};
    framed.insert(framed.end(), query.begin(), query.end());
    const auto sent =
        fd ? ::send(fd->get(), framed.data(), framed.size(), MSG_NOSIGNAL) : ssize_t{-1};
    std::array<std::uint8_t, 2> length{};
    if (sent != static_cast<ssize_t>(framed.size()) || !receive_all(fd->get(), length, deadline)) {
        return DnsOutcome::Failed;
    }
    std::vector<std::uint8_t> answer(std::size_t{length[0]} << 8 | length[1]);
    if (!receive_all(fd->get(), answer, deadline)) {
        return DnsOutcome::Failed;
    }
    const auto outcome = read_dns_answer(answer, query, addresses);
    return outcome == DnsOutcome::Found || outcome == DnsOutcome::NoName ? outcome
                                                                         : DnsOutcome::Failed;
}

bool is_open(const Question& question) {
    return question.outcome == DnsOutcome::Foreign;
}

// Reads what arrives until both questions are answered. False when the server is not there.
bool receive_answers(int fd, Questions& questions, base::Instant deadline,
                     std::vector<DnsAddress>& addresses) {
    // Without EDNS no answer is longer than 512 bytes.
    std::array<std::uint8_t, 1024> buffer{};
    while (std::any_of(questions.begin(), questions.end(), is_open)) {
        if (wait_for_events(fd, POLLIN, deadline) != 0) {
            return true;
        }
        const auto got = read_some(fd, buffer.data(), buffer.size());
        if (!got && got.error().code != EAGAIN) {
            return false;
        }
        for (auto& question : questions) {
            if (got && is_open(question)) {
                question.outcome =
                    read_dns_answer(std::span{buffer}.first(*got), question.query, addresses);
            }
        }
    }
    return true;
}

DnsVerdict judge(const Questions& questions, const std::vector<DnsAddress>& addresses) {
    if (!addresses.empty()) {
        return DnsVerdict::Found;
    }
    const auto knows = [](const Question& question) {
        return question.outcome == DnsOutcome::Found || question.outcome == DnsOutcome::NoName;
    };
    return std::all_of(questions.begin(), questions.end(), knows) ? DnsVerdict::NoName
                                                                  : DnsVerdict::NoAnswer;
}

DnsVerdict ask_server(const SocketAddress& server, const std::string& name, base::Instant deadline,
                      std::vector<DnsAddress>& addresses) {
    // Whoever cannot guess it and the port cannot answer in the server's place.
    const auto id = static_cast<std::uint16_t>(random_seed() >> 1);
    Questions questions;
    questions[0].query = make_dns_query(id, name, DnsType::A);
    questions[1].query = make_dns_query(static_cast<std::uint16_t>(id + 1), name, DnsType::Aaaa);
    const auto fd = connect_to_server(server, SOCK_DGRAM, deadline);
    if (!fd) {
        return DnsVerdict::NoAnswer;
    }
    for (const auto& [query, outcome] : questions) {
        // The refusal of the first question may arrive with the second.
        if (::send(fd->get(), query.data(), query.size(), MSG_NOSIGNAL) < 0) {
            return DnsVerdict::NoAnswer;
        }
    }
    if (!receive_answers(fd->get(), questions, deadline, addresses)) {
        return DnsVerdict::NoAnswer;
    }
    for (auto& [query, outcome] : questions) {
        if (outcome == DnsOutcome::Truncated) {
            outcome = ask_by_tcp(server, query, deadline, addresses);
        }
    }
    std::stable_sort(addresses.begin(), addresses.end(),
                     [](const auto& a, const auto& b) { return a.type < b.type; });
    return judge(questions, addresses);
}

}  // namespace

DnsVerdict ask_dns(const std::string& name, const DnsServers& servers, base::Instant deadline,
                   std::vector<DnsAddress>& addresses) {
    if (make_dns_query(0, name, DnsType::A).empty()) {
        return DnsVerdict::NoName;
    }
    auto tries = static_cast<std::int64_t>(servers.addresses.size()) * servers.attempts;
    for (int attempt = 0; attempt < servers.attempts; ++attempt) {
        for (const auto& server : servers.addresses) {
            // A share of what is left each, so that a silent server does not use up all of it.
            const auto begin = now();
            const auto share = std::max(deadline - begin, base::Duration::zero()) / tries--;
            const auto verdict =
                ask_server(server, name, begin + std::min(servers.timeout, share), addresses);
            if (verdict != DnsVerdict::NoAnswer) {
                return verdict;
            }
        }
    }
    return DnsVerdict::NoAnswer;
}

}  // namespace sys
