// SPDX-License-Identifier: MIT
// Any bytes may arrive at the control socket. They are refused, or they are a message, and then
// writing it and reading it again gives the same one.
#include <span>

#include "control/protocol.hpp"
#include "fuzz.hpp"

namespace {

template <class Message, class Decode>
void check_round_trip(const Message& message, Decode decode) {
    const auto packet = control::encode(message);
    const auto again = decode(packet.bytes());
    fuzz::require(again && *again == message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto packet = std::as_bytes(std::span{bytes, size});
    if (const auto request = control::decode_request(packet)) {
        check_round_trip(*request, control::decode_request);
    }
    if (const auto reply = control::decode_reply(packet)) {
        check_round_trip(*reply, control::decode_reply);
    }
    return 0;
}
