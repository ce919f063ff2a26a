// SPDX-License-Identifier: MIT
#include "cli/exporter_server.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sys/clock.hpp"
#include "sys/read.hpp"
#include "sys/stream_socket.hpp"
#include "sys/unix_socket.hpp"

namespace cli {
namespace {

constexpr std::uint32_t kListener = 0;
constexpr std::uint32_t kConnection = 1;

/// After an answer the client's end is waited for, so that its last bytes do not become a reset
/// which takes the answer away from it; but not for much of it.
constexpr std::size_t kMaxDrained = 65'536;
/// How long to leave new clients alone when accept(2) fails, for want of descriptors for example.
constexpr base::Duration kRetry{1000};

}  // namespace

ExporterServer::ExporterServer(sys::UniqueFd listener, sys::Loop loop, Source& source)
    : listener_{std::move(listener)}, loop_{std::move(loop)}, source_{&source} {}

base::Result<ExporterServer> ExporterServer::create(sys::UniqueFd listener, Source& source) {
    auto loop = sys::Loop::create(kMaxConnections + 1);
    if (!loop) {
        return base::unexpected{loop.error()};
    }
    ExporterServer server{std::move(listener), std::move(*loop), source};
    const auto token = server.loop_.add(server.listener_.get(), kListener, 0);
    if (!token) {
        return base::unexpected{token.error()};
    }
    server.listener_token_ = *token;
    return server;
}

std::size_t ExporterServer::connection_count() const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(),
                      [](const Connection& place) { return static_cast<bool>(place.fd); }));
}

base::Duration ExporterServer::patience(const Connection& connection) const {
    const bool is_full = connection_count() == kMaxConnections;
    return is_full && connection.phase != Phase::Writing ? kHurry : kPatience;
}

std::optional<base::Duration> ExporterServer::next_deadline(base::Instant now) const {
    auto next = retry_at_;
    for (const auto& connection : connections_) {
        if (connection.fd) {
            const auto deadline = connection.since + patience(connection);
            next = std::min(next.value_or(deadline), deadline);
        }
    }
    return next ? std::optional{std::max(*next - now, base::Duration{0})} : std::nullopt;
}

base::Result<void> ExporterServer::turn(std::optional<base::Duration> limit) {
    auto timeout = next_deadline(sys::now());
    if (limit && (!timeout || *limit < *timeout)) {
        timeout = limit;
    }
    const auto ready = loop_.wait(timeout);
    if (!ready) {
        return base::unexpected{ready.error()};
    }
    // The time of the wake-up: while a page is made nobody can be served, which is not held
    // against those who wait.
    now_ = sys::now();
    bool has_waiting = false;
    for (const auto& one : *ready) {
        if (one.events == 0) {
            continue;
        }
        if (one.kind == kListener) {
            has_waiting = true;
        } else {
            serve(connections_[one.index]);
        }
    }
    for (auto& connection : connections_) {
        if (connection.fd && connection.since + patience(connection) <= now_) {
            hang_up(connection);
        }
    }
    if (retry_at_ && *retry_at_ <= now_) {
        retry_at_.reset();
    }
    if (has_waiting) {
        take_waiting();
    }
    set_listening(!retry_at_ && connection_count() < kMaxConnections);
    return {};
}

void ExporterServer::set_listening(bool is_listening) {
    if (is_listening != is_listening_ &&
        loop_.modify(listener_token_, is_listening ? std::uint32_t{EPOLLIN} : 0U)) {
        is_listening_ = is_listening;
    }
}

void ExporterServer::take_waiting() {
    for (std::size_t i = 0; i < connections_.size(); ++i) {
        auto& place = connections_[i];
        if (place.fd) {
            continue;
        }
        auto client = sys::accept_client(listener_.get());
        if (!client) {
            retry_at_ = now_ + kRetry;
        }
        if (!client || !*client) {
            return;
        }
        const auto token = loop_.add((*client)->get(), kConnection, static_cast<std::uint32_t>(i));
        if (token) {
            place = {std::move(**client), *token, Phase::Reading, now_, {}, 0};
        }
    }
}

void ExporterServer::serve(Connection& connection) {
    bool goes_on = false;
    switch (connection.phase) {
    case Phase::Reading:
        goes_on = read_request(connection);
        break;
    case Phase::Writing:
        goes_on = send_answer(connection);
        break;
    case Phase::Draining:
        goes_on = drain(connection);
        break;
    }
    if (!goes_on) {
        hang_up(connection);
    }
}

bool ExporterServer::read_request(Connection& connection) {
    std::array<char, 2048> buffer;
    const auto got = sys::read_some(connection.fd.get(), buffer.data(), buffer.size());
    if (!got || *got == 0) {
        return !got && got.error().code == EAGAIN;
    }
    connection.text.append(buffer.data(), *got);
    const auto answer = judge_request(connection.text);
    if (!answer) {
        return true;
    }
    connection.text =
        http_response(*answer, answer->status == 200 ? source_->page(answer->format) : "");
    connection.phase = Phase::Writing;
    connection.since = sys::now();
    return send_answer(connection);
}

bool ExporterServer::send_answer(Connection& connection) {
    while (connection.seen < connection.text.size()) {
        const auto sent = sys::send_some(connection.fd.get(),
                                         std::string_view{connection.text}.substr(connection.seen));
        if (!sent) {
            return sent.error().code == EAGAIN &&
                   loop_.modify(connection.token, EPOLLOUT).has_value();
        }
        connection.seen += *sent;
    }
    sys::finish_sending(connection.fd.get());
    connection.phase = Phase::Draining;
    connection.since = sys::now();
    connection.text = std::string{};
    connection.seen = 0;
    return loop_.modify(connection.token, EPOLLIN).has_value();
}

bool ExporterServer::drain(Connection& connection) const {
    std::array<char, 4096> buffer;
    const auto got = sys::read_some(connection.fd.get(), buffer.data(), buffer.size());
    if (!got) {
        return got.error().code == EAGAIN;
    }
    connection.seen += *got;
    return *got > 0 && connection.seen < kMaxDrained;
}

void ExporterServer::hang_up(Connection& connection) {
    loop_.remove(connection.token);
    connection = Connection{};
}

}  // namespace cli
