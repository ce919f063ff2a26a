// SPDX-License-Identifier: MIT
// Any bytes may arrive at the socket of `pidone logs`, at either end. They are refused, or they are
// a message, and then writing it and reading it again gives the same one.
#include <array>
#include <span>

#include "fuzz.hpp"
#include "log/pump_protocol.hpp"

namespace {

void check(const logging::LogRequest& request) {
    const auto packet = logging::encode(request);
    const auto again = logging::decode_log_request(packet);
    fuzz::require(again && again->follows == request.follows && again->lines == request.lines &&
                  again->since == request.since && again->services == request.services);
}

void check(const logging::LogReply& reply) {
    std::array<std::byte, logging::kMaxLogPacket> buffer;
    const auto again = logging::decode_log_reply(logging::encode(reply, buffer));
    // A text that no packet of ours can hold is cut.
    fuzz::require(
        again && again->kind == reply.kind && again->stream == reply.stream &&
        again->ends_line == reply.ends_line && again->time == reply.time &&
        again->service == reply.service && reply.text.starts_with(again->text) &&
        (again->text.size() == reply.text.size() || reply.text.size() > logging::kMaxServiceLine));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto packet = std::as_bytes(std::span{bytes, size});
    if (const auto request = logging::decode_log_request(packet)) {
        check(*request);
    }
    if (const auto reply = logging::decode_log_reply(packet)) {
        check(*reply);
    }
    return 0;
}
