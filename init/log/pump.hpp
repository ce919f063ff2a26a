// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.hpp"
#include "log/pump_line.hpp"
#include "log/pump_ring.hpp"

/// The log pump: a process of its own between the services and the container's output. It looks at
/// what lies in a service's pipe, writes it, and only then takes it out, so that nothing is lost
/// with the pump, whenever it dies: the next one begins with the same bytes.
namespace logging {

/// What is lost at most of the time and repeated at worst: the lines of one write.
inline constexpr std::size_t kPumpBlock = std::size_t{64} * 1024;

/// What is known of a service's output. In memory that the pump and PID 1 share.
struct PumpCounters {
    std::atomic<std::uint64_t> lines{0};    ///< passed on or dropped
    std::atomic<std::uint64_t> bytes{0};    ///< of the service, newlines included
    std::atomic<std::uint64_t> dropped{0};  ///< lines that did not go to the container's output
};

/// What a pump leaves to the next one, beside the rings.
struct PumpState {
    struct Service {
        PumpCounters counters;
        std::array<std::atomic<std::uint32_t>, 2> continues{};  ///< the last piece ended no line
        std::atomic<std::uint64_t> unsaid_drops{0};
        /// 1 + the output whose line has no end yet in the service's file; 0 = none.
        std::atomic<std::uint32_t> file_rest{0};
        RingHead ring;
    };
    std::array<std::atomic<std::uint32_t>, 2> mid_line{};  ///< of the two outputs
    std::atomic<std::uint32_t> must_leave{0};  ///< another pump is to go on; said with any signal
};

/// A service whose output is pumped.
struct PumpService {
    std::string name;
    PumpFormat format = PumpFormat::Prefix;
    bool has_timestamps = false;
    bool drops = false;  ///< Overflow::Drop
    std::string file;
    std::uint64_t rotate_size = 0;
    int rotate_keep = 0;
    std::array<int, 2> pipes{-1, -1};  ///< read ends, non-blocking
    std::size_t capacity = 0;          ///< of each pipe
    PumpState::Service* state = nullptr;
    std::span<char> ring;  ///< empty = none is kept
};

struct PumpSettings {
    std::vector<PumpService> services{};
    std::vector<std::string> others{};  ///< the names of services that are not pumped
    PumpState* state = nullptr;
    int listener = -1;                 ///< for `pidone logs`; -1 = none
    bool shares_output = false;        ///< others write to the container's standard output as well
    Format log_format = Format::Text;  ///< of what the pump itself says
};

/// Says how many lines of `service` were dropped (Overflow::Drop).
void say_dropped(Logger& log, std::string_view service, std::uint64_t lines);

/// The life of the pump in a fork of PID 1: passes on until nobody can write to any of the pipes
/// and all that was in them is written, then ends with 0. Allocates and never blocks but in its
/// loop. Signals stay blocked as in PID 1: only KILL ends it before its time, and
/// PumpState::must_leave, at the end of a block: with 0, or with another code when the reader of
/// an output was so slow that the next pump has to begin with the same lines again.
[[noreturn]] void run_pump(const PumpSettings& settings);

}  // namespace logging
