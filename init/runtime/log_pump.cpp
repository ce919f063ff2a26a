// SPDX-License-Identifier: MIT
#include "runtime/log_pump.hpp"

#include <algorithm>
#include <utility>

#include "log/pump_protocol.hpp"
#include "sys/pump_io.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"
#include "sys/unix_socket.hpp"

namespace runtime {
namespace {

// A pump that dies without having passed on a byte will do so again.
constexpr core::Duration kFirstPause{100};
constexpr unsigned kMaxDoublings = 6;
constexpr core::Duration kLongEnough{1'000};
// At the end nobody waits for one that cannot.
constexpr unsigned kMaxLastTries = 3;

}  // namespace

base::Result<void> LogPump::serve(std::string_view control) {
    if (entries_.empty() || control.empty() || listener_) {
        return {};
    }
    auto listener = sys::listen_on(std::string{control} + std::string{logging::kLogSocketSuffix});
    if (!listener) {
        return base::unexpected{listener.error()};
    }
    listener_ = std::move(*listener);
    return {};
}

logging::PumpSettings LogPump::settings() const {
    logging::PumpSettings settings{.others = others_,
                                   .state = state_,
                                   .listener = listener_.get(),
                                   .shares_output = !others_.empty(),
                                   .log_format = format_};
    for (const auto& entry : entries_) {
        settings.services.push_back({.name = entry.name,
                                     .format = entry.log.mode == core::LogMode::Json
                                                   ? logging::PumpFormat::Json
                                                   : logging::PumpFormat::Prefix,
                                     .has_timestamps = entry.log.has_timestamps,
                                     .drops = entry.log.overflow == core::Overflow::Drop,
                                     .file = entry.log.file,
                                     .rotate_size = entry.log.rotate_size,
                                     .rotate_keep = entry.log.rotate_keep,
                                     .pipes = {entry.read[0].get(), entry.read[1].get()},
                                     .capacity = entry.capacity,
                                     .state = entry.state,
                                     .ring = entry.ring});
    }
    return settings;
}

void LogPump::start(core::Instant now, logging::Logger& log) {
    next_start_.reset();
    if (entries_.empty() || pid_ != base::Pid::None || is_given_up_) {
        return;
    }
    const auto pid = sys::fork_child();
    if (!pid) {
        log.error("cannot fork the log pump: {}; tries again in 1s",
                  logging::error_text(pid.error().code));
        next_start_ = now + kLongEnough;
        return;
    }
    if (*pid == base::Pid::None) {
        logging::run_pump(settings());
    }
    pid_ = *pid;
    started_at_ = now;
    started_with_ = progress();
}

const LogPump::Entry* LogPump::find(core::ServiceId id) const {
    const auto found = std::ranges::find(entries_, id, &Entry::id);
    return found == entries_.end() ? nullptr : &*found;
}

std::array<int, 2> LogPump::outputs(core::ServiceId id) const {
    const auto* const entry = find(id);
    return entry == nullptr ? std::array{-1, -1}
                            : std::array{entry->write[0].get(), entry->write[1].get()};
}

void LogPump::end_lines(core::ServiceId id) const {
    // Of a new service whose pump is still to come nothing is out of its pipe.
    static constexpr std::atomic<std::uint32_t> kNothing{0};
    const auto* const entry = find(id);
    for (std::size_t i = 0; entry != nullptr && i < entry->read.size(); ++i) {
        sys::end_line_in_pipe(entry->read[i].get(), entry->write[i].get(),
                              entry->state == nullptr ? kNothing : entry->state->continues[i]);
    }
}

const logging::PumpCounters* LogPump::counters(core::ServiceId id) const {
    const auto* const entry = find(id);
    return entry == nullptr || entry->state == nullptr ? nullptr : &entry->state->counters;
}

std::uint64_t LogPump::progress() const {
    std::uint64_t bytes = 0;
    for (const auto& entry : entries_) {
        bytes += entry.state == nullptr ? 0 : entry.state->counters.bytes.load();
    }
    return bytes;
}

core::Duration LogPump::pause_after(core::Instant now) {
    if (now - started_at_ >= kLongEnough || progress() != started_with_) {
        failures_ = 0;
        return core::Duration::zero();
    }
    const auto doublings = std::min(failures_++, kMaxDoublings);
    return kFirstPause * (1U << doublings);
}

bool LogPump::on_death(const sys::Exited& child, core::Instant now, logging::Logger& log) {
    if (pid_ == base::Pid::None || child.pid != pid_) {
        return false;
    }
    pid_ = base::Pid::None;
    kill_at_.reset();
    forget_drained();
    const auto status = base::to_string(child.status);
    if (std::exchange(is_replaced_, false)) {
        if (child.status != base::ExitStatus::exited(0)) {
            log.warn(
                "the log pump {} as it was replaced; the next one may repeat up to {} KiB of "
                "lines",
                status.view(), logging::kPumpBlock / 1024);
        }
        move_into_memory();
        start(now, log);
        return true;
    }
    const bool has_nobody = std::ranges::all_of(
        entries_, [](const Entry& entry) { return entry.id == core::kNoService; });
    const bool is_done = entries_.empty() || ((has_ended_input_ || has_nobody) &&
                                              child.status == base::ExitStatus::exited(0));
    const auto pause = pause_after(now);
    if (is_done || is_given_up_) {
        return true;
    }
    if (has_ended_input_ && failures_ > kMaxLastTries) {
        give_up(log);
        return true;
    }
    if (pause == core::Duration::zero() || has_ended_input_) {
        log.warn("the log pump {}; another one goes on, and may repeat up to {} KiB of lines",
                 status.view(), logging::kPumpBlock / 1024);
        start(now, log);
    } else {
        log.warn("the log pump {}; another one starts in {}", status.view(),
                 base::to_string(pause).view());
        next_start_ = now + pause;
    }
    return true;
}

void LogPump::on_time(core::Instant now, logging::Logger& log) {
    if (next_start_ && now >= *next_start_) {
        start(now, log);
    }
    if (kill_at_ && now >= *kill_at_) {
        kill_at_.reset();
        static_cast<void>(sys::kill(pid_, base::kSigKill));
    }
}

void LogPump::end_input(core::Instant now, logging::Logger& log) {
    if (!std::exchange(has_ended_input_, true) && next_start_) {
        // Without a child PID 1 would leave at once, and with it what lies in the pipes.
        start(now, log);
    }
    for (auto& entry : entries_) {
        entry.write[0].reset();
        entry.write[1].reset();
    }
}

void LogPump::give_up(logging::Logger& log) {
    is_given_up_ = true;
    next_start_.reset();
    std::size_t left = 0;
    for (const auto& entry : entries_) {
        left += sys::bytes_in_pipe(entry.read[0].get()) + sys::bytes_in_pipe(entry.read[1].get());
        const auto dropped = entry.state == nullptr ? 0 : entry.state->unsaid_drops.exchange(0);
        if (dropped > 0) {
            logging::say_dropped(log, entry.name, dropped);
        }
    }
    if (left > 0) {
        log.warn("{} bytes that services wrote are lost, because nobody read them in time", left);
    }
}

}  // namespace runtime
