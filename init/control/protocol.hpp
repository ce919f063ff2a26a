// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/duration.hpp"
#include "base/exit_status.hpp"
#include "base/pid.hpp"
#include "base/result.hpp"
#include "control/fixed_text.hpp"

/// What PID 1 and `pidone healthcheck` / `pidone status` say to each other, one message per packet
/// of a SOCK_SEQPACKET socket (unix(7)). Every kind of message has one fixed size, starts with the
/// same eight bytes (magic, version, kind) and is in the byte order of the machine, because both
/// ends run on it. docs/control-protocol.md has the layout. Pure: no descriptor, no allocation.
namespace control {

inline constexpr std::uint32_t kMagic = 0x314e4450;  ///< "PDN1"
inline constexpr std::uint16_t kVersion = 1;

/// How many services one health request may name.
inline constexpr std::size_t kMaxNames = 16;
/// How many services one status request is answered with; the client asks again for the rest.
inline constexpr std::uint32_t kPageSize = 16;
/// The longest wait a request may carry; longer ones are cut to it.
inline constexpr base::Duration kMaxWait = std::chrono::hours{24};

using Name = FixedText<64>;
using Word = FixedText<16>;
using Line = FixedText<128>;

enum class Health : std::uint8_t { Starting, Healthy, Unhealthy, Stopping };
enum class Mode : std::uint8_t { Service, Command };

/// "starting", "healthy", "unhealthy", "stopping".
[[nodiscard]] std::string_view to_string(Health health);

enum class Op : std::uint16_t { Health = 1, Status = 2 };

/// What a client asks. A health request without names means the container.
struct Request {
    Op op = Op::Health;
    /// `--wait` was given: the answer may come later, and PID 1 remembers what it answered.
    bool is_waiting = false;
    base::Duration wait{0};
    std::uint32_t first = 0;  ///< Op::Status: the first service of the page, counted from 0
    std::size_t name_count = 0;
    std::array<Name, kMaxNames> names{};

    friend bool operator==(const Request&, const Request&) = default;
};

enum class ErrorCode : std::uint16_t {
    Busy = 1,            ///< every client slot is taken
    BadVersion = 2,      ///< the other side speaks another version
    BadRequest = 3,      ///< wrong size, magic, operation or field
    UnknownService = 4,  ///< `name` is no service of this container
    Refused = 5,         ///< the peer lives outside this PID namespace
};

struct ErrorReply {
    ErrorCode code = ErrorCode::BadRequest;
    Name name{};  ///< UnknownService only

    friend bool operator==(const ErrorReply&, const ErrorReply&) = default;
};

/// The health of what was asked for, and the service that decided it ("" when none stands out).
struct HealthReply {
    Health health = Health::Starting;
    Mode mode = Mode::Service;
    Name service{};
    Word state{};  ///< of `service`

    friend bool operator==(const HealthReply&, const HealthReply&) = default;
};

/// First packet of the answer to a status request; `count` ServiceReply packets follow it.
struct StatusReply {
    Health health = Health::Starting;
    Mode mode = Mode::Service;
    Word version{};  ///< of the pidone that runs as PID 1
    base::Duration uptime{0};
    std::uint32_t total = 0;  ///< services of the container
    std::uint32_t first = 0;  ///< where this page starts
    std::uint32_t count = 0;  ///< services on this page

    friend bool operator==(const StatusReply&, const StatusReply&) = default;
};

struct ServiceReply {
    Name name{};
    Word state{};
    Health health = Health::Starting;
    base::Pid pid = base::Pid::None;
    base::Duration since{0};                    ///< how long it has been in `state`
    std::optional<base::Duration> ready_after;  ///< from its start to ready, in the present run
    std::uint32_t restarts = 0;
    std::optional<base::ExitStatus> last_exit;
    Line status_text{};  ///< STATUS= of sd_notify(3)

    friend bool operator==(const ServiceReply&, const ServiceReply&) = default;
};

using Reply = std::variant<ErrorReply, HealthReply, StatusReply, ServiceReply>;

/// One packet, ready to be sent.
class Packet {
  public:
    static constexpr std::size_t kCapacity = 1152;

    [[nodiscard]] std::span<const std::byte> bytes() const { return {bytes_.data(), size_}; }
    /// Appends as much of `more` as fits; encoding never exceeds the capacity.
    void append(std::span<const std::byte> more);

  private:
    std::array<std::byte, kCapacity> bytes_{};
    std::size_t size_ = 0;
};

[[nodiscard]] Packet encode(const Request& request);
[[nodiscard]] Packet encode(const Reply& reply);

/// Reads one packet. Fails with BadVersion when it is of another version (its size is then not
/// judged) and with BadRequest for everything else that is not exactly a message: any bytes are
/// safe to hand in.
[[nodiscard]] base::Result<Request, ErrorCode> decode_request(std::span<const std::byte> packet);
[[nodiscard]] base::Result<Reply, ErrorCode> decode_reply(std::span<const std::byte> packet);

}  // namespace control
