// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "log/log.hpp"
#include "log/pump.hpp"
#include "sys/pump_io.hpp"
#include "sys/reap.hpp"

namespace runtime {

/// PID 1's side of the log pump (log/pump.hpp): owns the pipes of the services whose `log.mode` is
/// "prefix" or "json", for all their runs, and the memory that outlives a pump; forks one pump for
/// all of them and another one when it dies. Without such a service there is nothing of it. Only
/// open(), take_over() and serve() allocate.
class LogPump {
  public:
    LogPump() = default;
    LogPump(const LogPump&) = delete;
    LogPump& operator=(const LogPump&) = delete;
    ~LogPump() {
        sys::unmap(memory_);
        sys::unmap(next_memory_);
    }

    /// Makes the pipes and the memory; the error is the call that failed.
    [[nodiscard]] base::Result<void> open(const core::Spec& spec) {
        return open(spec, {}, nullptr);
    }

    /// The same for a Spec to come: what `before` has for a service of the same name is not made
    /// again, but left for take_over().
    [[nodiscard]] base::Result<void> open(const core::Spec& spec,
                                          std::span<const core::Successor> from,
                                          const LogPump* before);

    /// Becomes what `next` is, with what open() left here. Where that is another one, the present
    /// pump ends, and the next one, which on_death() or start() forks, goes on in its place: with
    /// what is still in the pipes of services that are gone, too. It is asked to end, and killed
    /// when it does not.
    void take_over(LogPump& next, std::span<const core::Successor> from, core::Instant now);

    /// Listens for `pidone logs` beside the control socket, whose name is `control` ("" = nowhere).
    [[nodiscard]] base::Result<void> serve(std::string_view control);

    /// Forks the pump, where there is something to pump.
    void start(core::Instant now, logging::Logger& log);

    /// What the service's processes get as standard output and standard error; -1 = PID 1's own.
    [[nodiscard]] std::array<int, 2> outputs(core::ServiceId id) const;

    /// A run of the service begins: what the one before wrote last is a line of its own.
    void end_lines(core::ServiceId id) const;

    /// A child ended: whether it was the pump. If it has not done its work the next one begins, at
    /// once where this one did some of it.
    bool on_death(const sys::Exited& child, core::Instant now, logging::Logger& log);

    /// When on_time() wants to be called.
    [[nodiscard]] std::optional<core::Instant> next_step() const {
        return kill_at_ ? kill_at_ : next_start_;
    }
    void on_time(core::Instant now, logging::Logger& log);

    /// No service is left: PID 1 gives up its write ends, so that the pump ends when all is
    /// written. One that was to start later starts now.
    void end_input(core::Instant now, logging::Logger& log);

    /// KILL comes to everybody, or no pump lives long enough: says what is lost.
    void give_up(logging::Logger& log);

    /// The pump; None when there is none now. It is no service and no straggler.
    [[nodiscard]] base::Pid pid() const { return pid_; }

    /// What is known of the output of a service; nullptr when it is not pumped.
    [[nodiscard]] const logging::PumpCounters* counters(core::ServiceId id) const;

  private:
    struct Entry {
        core::ServiceId id = core::kNoService;  ///< none: its service is gone
        std::string name;
        core::LogSettings log;
        std::array<sys::UniqueFd, 2> read;
        std::array<sys::UniqueFd, 2> write;
        std::size_t capacity = 0;
        logging::PumpState::Service* state = nullptr;
        std::span<char> ring;
    };

    [[nodiscard]] static base::Result<void> open_pipes(Entry& entry);
    [[nodiscard]] std::size_t memory_size() const;
    void move_into_memory();
    [[nodiscard]] bool is_like(const LogPump& other) const;
    void forget_drained();
    [[nodiscard]] Entry* find_writable(core::ServiceId id);
    [[nodiscard]] logging::PumpSettings settings() const;
    [[nodiscard]] const Entry* find(core::ServiceId id) const;
    [[nodiscard]] std::uint64_t progress() const;
    [[nodiscard]] core::Duration pause_after(core::Instant now);

    std::vector<Entry> entries_;
    std::vector<std::string> others_;  ///< names of the services that are not pumped
    logging::Format format_ = logging::Format::Text;
    std::span<char> memory_;
    std::span<char> next_memory_;  ///< where all of it goes as soon as no pump uses `memory_`
    logging::PumpState* state_ = nullptr;
    sys::UniqueFd listener_;
    base::Pid pid_ = base::Pid::None;
    core::Instant started_at_{};
    std::uint64_t started_with_ = 0;  ///< progress() then
    unsigned failures_ = 0;           ///< pumps in a row that did nothing
    std::optional<core::Instant> next_start_;
    bool has_ended_input_ = false;
    bool is_given_up_ = false;
    bool is_replaced_ = false;              ///< the pump was asked to leave for another one
    std::optional<core::Instant> kill_at_;  ///< when it has to have left
};

}  // namespace runtime
