// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/pump_line.hpp"

/// What `pidone logs` and the log pump say to each other, over a SOCK_SEQPACKET socket: one
/// request, then one packet a line. Numbers are in the machine's own order, because both run on it.
/// Whatever is received is checked.
namespace logging {

/// The socket is called as the control socket, with this behind it.
inline constexpr std::string_view kLogSocketSuffix = "-logs";

inline constexpr std::uint8_t kLogVersion = 1;
inline constexpr std::size_t kMaxLogPacket = kMaxServiceLine + 512;
inline constexpr std::size_t kMaxLogNames = 32;
inline constexpr std::size_t kMaxLogName = 255;
inline constexpr std::uint32_t kAllLines = UINT32_MAX;

/// `pidone logs` without an answer yet.
struct LogRequest {
    bool follows = false;                 ///< go on with what comes
    std::uint32_t lines = kAllLines;      ///< the last so many of each service
    std::int64_t since = INT64_MIN;       ///< none older than this (milliseconds since 1970)
    std::vector<std::string> services{};  ///< none = all that are kept
};

/// One packet of the answer.
struct LogReply {
    enum class Kind : std::uint8_t {
        Line = 1,     ///< service, time, stream, text
        Missed,       ///< service: the reader was too slow, lines of it are gone
        End,          ///< that was all
        Refused,      ///< only root and the user of PID 1 may read
        Busy,         ///< as many readers as there may be
        Unknown,      ///< no such service: service
        NotKept,      ///< service keeps no lines (log.keep)
        NotPumped,    ///< service is in mode "inherit"
        NothingKept,  ///< no service keeps lines
        BadRequest,
    };
    Kind kind = Kind::End;
    Stream stream = Stream::Out;
    bool ends_line = true;
    std::int64_t time = 0;
    std::string_view service{};
    std::string_view text{};
};

[[nodiscard]] std::vector<std::byte> encode(const LogRequest& request);
[[nodiscard]] std::optional<LogRequest> decode_log_request(std::span<const std::byte> packet);

/// The bytes lie in `buffer`.
[[nodiscard]] std::span<const std::byte> encode(const LogReply& reply,
                                                std::array<std::byte, kMaxLogPacket>& buffer);
/// The texts of the result lie in `packet`.
[[nodiscard]] std::optional<LogReply> decode_log_reply(std::span<const std::byte> packet);

}  // namespace logging
