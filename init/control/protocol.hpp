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
#include "base/signal.hpp"
#include "control/fixed_text.hpp"

/// What PID 1 and the clients (`pidone status`, `restart`, ...) say to each other, one message per
/// packet of a SOCK_SEQPACKET socket (unix(7)). Every kind of message has one fixed size, starts
/// with the same eight bytes (magic, version, kind) and is in the byte order of the machine,
/// because both ends run on it. docs/control-protocol.md has the layout. Pure: no descriptor, no
/// allocation.
namespace control {

inline constexpr std::uint32_t kMagic = 0x314e4450;  ///< "PDN1"
inline constexpr std::uint16_t kVersion = 2;

/// How many services one request may name.
inline constexpr std::size_t kMaxNames = 16;
/// How many services one status request is answered with; the client asks again for the rest.
inline constexpr std::uint32_t kPageSize = 16;
/// The longest wait a request may carry; longer ones are cut to it.
inline constexpr base::Duration kMaxWait = std::chrono::hours{24};

using Name = FixedText<64>;
using Word = FixedText<16>;
using Line = FixedText<128>;
using LongText = FixedText<1024>;

enum class Health : std::uint8_t { Starting, Healthy, Unhealthy, Stopping };
enum class Mode : std::uint8_t { Service, Command };

/// What keeps a service from the next step of its life (core::Hold).
enum class Hold : std::uint8_t {
    None,          ///< nothing: it is up, or it is down for good
    Requirement,   ///< its start: `held_by`, which it requires, is not ready
    After,         ///< its start: `held_by`, after which it comes, is neither ready nor down
    Requirer,      ///< its stop, or the start after it: `held_by`, which needs it, is not down yet
    Backoff,       ///< its start: the delay of its restart
    Schedule,      ///< its start: the next date
    ByHand,        ///< its start: somebody stopped it
    Disabled,      ///< its start: it is not enabled
    SetUp,         ///< its readiness: the set-up is not over, see `step`
    Readiness,     ///< its readiness: it has not said so
    Hook,          ///< its stop: before-stop
    OwnProcesses,  ///< its stop: processes of its own are alive
    LostRequirement,  ///< nothing does, it failed because `held_by`, which it requires, did
};

/// "starting", "healthy", "unhealthy", "stopping".
[[nodiscard]] std::string_view to_string(Health health);

enum class Op : std::uint16_t { Health = 1, Status = 2, Manage = 3, Reload = 4 };

/// What Op::Manage wants to happen to the named services.
enum class Action : std::uint16_t { None, Start, Stop, Restart, Signal, Reload };

/// What a client asks. A health request without names means the container. A name is that of one
/// service, or of all its instances.
struct Request {
    Op op = Op::Health;
    /// The answer may come later. Op::Health: `--wait` was given, and PID 1 remembers what it
    /// answered. Op::Status: not before the generation differs from `after`, or `wait` is over.
    /// Op::Reload: when it is done, or `wait` is over.
    bool is_waiting = false;
    base::Duration wait{0};
    std::uint32_t first = 0;       ///< Op::Status: the first service of the page, counted from 0
    std::uint64_t after = 0;       ///< Op::Status: the generation the client has seen
    Action action = Action::None;  ///< Op::Manage
    base::Signal signal{};         ///< Action::Signal
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
    Forbidden = 6,       ///< only root and the user of PID 1 may change things
    ContainerStops = 7,  ///< nothing can be started or restarted any more
    NotRunning = 8,      ///< `name` has no process that could get a signal
    ReloadRuns = 9,      ///< nothing else can be changed while a reload changes services
};

struct ErrorReply {
    ErrorCode code = ErrorCode::BadRequest;
    Name name{};  ///< UnknownService and NotRunning only

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
    std::uint32_t total = 0;       ///< services of the container
    std::uint32_t first = 0;       ///< where this page starts
    std::uint32_t count = 0;       ///< services on this page
    std::uint64_t generation = 0;  ///< grows when anything of a service is another than at the
                                   ///< last look of any client; figures and ages do not count
    std::uint64_t reaped = 0;      ///< processes that were nobody's, of which PID 1 took the end
    std::uint64_t forwarded = 0;   ///< signals that the container got and a service was sent

    friend bool operator==(const StatusReply&, const StatusReply&) = default;
};

/// What PID 1 knows of a service that is neither a text nor a moment.
struct ServiceFacts {
    Health health = Health::Starting;
    bool is_essential = false;
    bool is_oneshot = false;
    bool proves_ready = false;  ///< it is up when it proves so, not at its execve
    bool ended_well = false;    ///< `last_exit` is a success, or what our stop signal makes of it
    bool gave_up = false;       ///< it failed because its restarts were used up
    base::Pid pid = base::Pid::None;
    std::uint32_t restarts = 0;
    std::uint32_t attempt = 0;  ///< restarts in a row
    std::uint32_t limit = 0;    ///< how many there may be; 0 = any number
    std::optional<base::ExitStatus> last_exit;
    std::uint64_t log_lines = 0;
    std::uint64_t log_bytes = 0;
    std::uint64_t log_drops = 0;
    Hold hold = Hold::None;

    friend bool operator==(const ServiceFacts&, const ServiceFacts&) = default;
};

/// One service. Moments are counted from the start of the container; those of a run are of the
/// present one, else of the last.
struct ServiceReply : ServiceFacts {
    Name name{};
    Word state{};
    base::Duration since{0};                 ///< how long it has been in `state`
    std::optional<base::Duration> spawned;   ///< moment of its fork; none: it never ran
    std::optional<base::Duration> executed;  ///< moment of its execve
    std::optional<base::Duration> ready;     ///< moment of its readiness
    std::optional<base::Duration> deadline;  ///< time left until `hold` ends, or is ended by force
    std::optional<base::Duration> next_run;  ///< time left until its schedule runs it
    Name held_by{};                          ///< the service that `hold` speaks of
    Name behind{};       ///< of what it requires or comes after, the last that became ready
    Line status_text{};  ///< STATUS= of sd_notify(3)
    Line step{};         ///< what its set-up is at
    Line failure{};      ///< why its last start failed, or what PID 1 ended its last run for

    friend bool operator==(const ServiceReply&, const ServiceReply&) = default;
};

/// A wish was accepted: it is under way, and the status tells how it ends.
struct ManageReply {
    std::uint32_t accepted = 0;          ///< services that the names meant
    std::uint32_t also_count = 0;        ///< others that it stops, restarts or starts as well
    std::array<Name, kMaxNames> also{};  ///< the first of them, in the order in which they follow

    friend bool operator==(const ManageReply&, const ManageReply&) = default;
};

/// What became of a reload of the files.
struct ReloadReply {
    enum class Outcome : std::uint8_t {
        Done,       ///< `text`: "web changed, cache new, old gone; 3 unchanged"
        Unchanged,  ///< there was nothing to do
        Refused,    ///< nothing was changed; `text`: why, perhaps in several lines
        Begun,      ///< the answer to a client that does not wait
        Pending,    ///< the client's wait is over, the reload goes on
    };
    Outcome outcome = Outcome::Done;
    LongText text{};

    friend bool operator==(const ReloadReply&, const ReloadReply&) = default;
};

using Reply =
    std::variant<ErrorReply, HealthReply, StatusReply, ServiceReply, ManageReply, ReloadReply>;

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
