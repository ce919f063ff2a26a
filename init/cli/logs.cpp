// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "cli/client_output.hpp"
#include "cli/client_session.hpp"
#include "cli/logs_options.hpp"
#include "cli/option_words.hpp"
#include "log/log.hpp"
#include "log/pump_protocol.hpp"
#include "sys/clock.hpp"
#include "sys/packet_socket.hpp"
#include "sys/unix_socket.hpp"

namespace cli {
namespace {

using Kind = logging::LogReply::Kind;

constexpr base::Duration kPatience{2'000};
constexpr base::Duration kPauseToFollow{100};

/// Where a follower is, so that it can go on at the next pump: that one has the same lines.
class Place {
  public:
    explicit Place(std::int64_t begin) : begin_{begin} {}

    /// Another pump begins to send what it has.
    void begin_again() {
        is_first_ = false;
        for (auto& service : services_) {
            service.to_skip = service.count;
            service.is_behind = true;
        }
    }

    /// Whether a line was not there before.
    [[nodiscard]] bool is_new(const logging::LogReply& line) {
        auto found = std::ranges::find(services_, line.service, &Service::name);
        if (found == services_.end()) {
            services_.push_back({std::string{line.service}, begin_, 0, 0, !is_first_});
            found = services_.end() - 1;
        }
        auto& service = *found;
        if (service.is_behind && line.time < service.time) {
            return false;
        }
        if (service.to_skip > 0 && line.time == service.time) {
            --service.to_skip;
            return false;
        }
        service.is_behind = false;
        service.to_skip = 0;
        service.count = line.time == service.time ? service.count + 1 : 1;
        service.time = line.time;
        return true;
    }

  private:
    struct Service {
        std::string name;
        std::int64_t time;  ///< of its last line
        std::size_t count;  ///< lines of that very time
        std::size_t to_skip;
        bool is_behind;
    };

    std::int64_t begin_;  ///< what a service wrote earlier was not asked for
    bool is_first_ = true;
    std::vector<Service> services_;
};

std::optional<sys::UniqueFd> connect(const std::optional<std::string>& named) {
    const std::string suffix{logging::kLogSocketSuffix};
    if (named) {
        auto socket = sys::connect_to(*named + suffix, kPatience);
        return socket && !named->empty() ? std::optional{std::move(*socket)} : std::nullopt;
    }
    for (const auto& address : control::default_addresses()) {
        auto socket = sys::connect_to(address + suffix, kPatience);
        if (socket && control::is_init(socket->get())) {
            return std::move(*socket);
        }
    }
    return std::nullopt;
}

std::string refusal(const logging::LogReply& reply) {
    const auto name = "'" + std::string{reply.service} + "'";
    switch (reply.kind) {
    case Kind::Refused:
        return "only root and the user of pid 1, inside its container, may read what services "
               "write; use 'docker exec -u 0'";
    case Kind::Busy:
        return "as many read already as may; try again";
    case Kind::Unknown:
        return "no service " + name + " in this container; 'pidone status' lists them";
    case Kind::NotKept:
        return name + " keeps no lines; set keep = \"64KiB\" in [log] of its file";
    case Kind::NotPumped:
        return name +
               " writes straight to the container's output; set mode = \"prefix\" and keep = "
               "\"64KiB\" in [log] of its file";
    case Kind::NothingKept:
        return "no service keeps lines; set keep = \"64KiB\" in [log] of a service's file";
    case Kind::Line:
    case Kind::Missed:
    case Kind::End:
    case Kind::BadRequest:
        break;
    }
    return "pid 1 is a pidone of another version; use the binary that it was started from";
}

// One line; with several services, or instances, each has its name in front.
std::string worded(const logging::LogReply& reply, const LogsOptions& options, bool& is_rest) {
    std::string text;
    const auto& asked = options.request.services;
    const bool is_alone = asked.size() == 1 && asked[0] == reply.service;
    if (!is_rest && !is_alone) {
        text += std::string{reply.service} + " | ";
    }
    if (!is_rest && options.has_timestamps) {
        text += std::string{logging::TimeText{reply.time}.view()} + " ";
    }
    text += reply.text;
    // With several of them a line of another may come in between.
    is_rest = !reply.ends_line && is_alone;
    return is_rest ? text : text + "\n";
}

// The exit code; none when who follows has to ask another pump.
std::optional<int> receive(int socket, const LogsOptions& options, Place& place, bool& is_rest) {
    static std::array<std::byte, logging::kMaxLogPacket> buffer;
    for (;;) {
        auto size = sys::receive_packet(socket, buffer);
        if (!size && size.error().code == ECONNRESET) {
            // Turned away with the request unread: the reason lies behind the reset.
            size = sys::receive_packet(socket, buffer);
        }
        if (!size || *size == 0) {
            return options.request.follows
                       ? std::nullopt
                       : std::optional{complain("logs: pid 1 did not answer in time", 1)};
        }
        const auto reply =
            logging::decode_log_reply(std::span{buffer}.first(std::min(*size, buffer.size())));
        if (reply && reply->kind == Kind::End) {
            return 0;
        }
        if (reply && reply->kind == Kind::Line) {
            const int code = place.is_new(*reply) ? print(worded(*reply, options, is_rest)) : 0;
            if (code != 0) {
                return code;
            }
        } else if (reply && reply->kind == Kind::Missed) {
            print_error("pidone: logs: lines of '" + std::string{reply->service} +
                        "' were gone before they could be read\n");
        } else {
            return complain("logs: " + refusal(reply.value_or(logging::LogReply{})), 1);
        }
    }
}

// Asks and prints; the exit code is that of receive().
std::optional<int> read_lines(int socket, const LogsOptions& options, Place& place, bool& is_rest) {
    auto done = sys::set_receive_timeout(
        socket, options.request.follows ? std::nullopt : std::optional{kPatience});
    if (done) {
        done = sys::send_packet(socket, logging::encode(options.request));
    }
    if (!done && done.error().code != EPIPE) {
        return complain(std::string{"logs: "} + logging::error_text(done.error().code), 1);
    }
    return receive(socket, options, place, is_rest);
}

/// Nobody keeps lines; what is wrong besides is worth more to know.
int explain_silence(const std::optional<std::string>& named,
                    std::span<const std::string> services) {
    auto client = reach_init("logs", named);
    if (!client) {
        return client.error();
    }
    const auto status = client->status();
    if (!status) {
        return complain(status.error());
    }
    if (const auto chosen = select_services(*status, services); !chosen) {
        return complain(chosen.error(), 1);
    }
    return complain("logs: nothing to read: " +
                        refusal({.kind = Kind::NothingKept, .ends_line = true, .text = {}}),
                    1);
}

}  // namespace

int run_logs(std::span<const std::string> args) {
    const auto begin = sys::wall_clock();
    auto options = parse_logs_options(args, begin);
    if (const auto code = answer_words("logs", options)) {
        return *code;
    }
    const auto named = named_control(options->control);
    auto socket = connect(named);
    if (!socket) {
        return explain_silence(named, options->request.services);
    }
    Place place{begin};
    bool is_rest = false;
    // Once PID 1 is gone, all is said.
    while (socket) {
        if (const auto code = read_lines(socket->get(), *options, place, is_rest)) {
            return *code;
        }
        options->request.lines = logging::kAllLines;
        place.begin_again();
        sys::sleep_for(kPauseToFollow);
        socket = connect(named);
    }
    return 0;
}

}  // namespace cli
