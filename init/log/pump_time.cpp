// SPDX-License-Identifier: MIT
#include <algorithm>

#include "log/pump_loop.hpp"
#include "sys/clock.hpp"
#include "sys/pump_io.hpp"

// What the pump does when time has passed, and with what nobody reads in time.
namespace logging {
namespace {

// So long no line must have been dropped before it is said how many were.
constexpr base::Duration kDropSilence{1'000};

// A writer that waits for room in the middle of one large write wakes no reader of a pipe that was
// not empty. So whether its lines must be dropped by now is looked at again after so long, and
// after twice as long each time.
constexpr base::Duration kFirstLook{100};
constexpr base::Duration kLongestLook{1'000};

// So long a pump that is to leave waits for the reader of what it has begun to write, and what may
// be dropped for one that takes nothing.
constexpr base::Duration kReaderPatience{1'000};

// A pipe that is filled so far is taken for full: lines that end a page early leave room behind
// each of them, but a page always holds more than half of what it could.
constexpr std::size_t fill_limit(std::size_t capacity) {
    return capacity / 8 * 3;
}

}  // namespace

void say_dropped(Logger& log, std::string_view service, std::uint64_t lines) {
    log.line(Severity::Warn, service,
             lines == 1 ? "{} line of its output was dropped, because nobody read it in time "
                          "(log.overflow)"
                        : "{} lines of its output were dropped, because nobody read them in time "
                          "(log.overflow)",
             fmt::make_format_args(lines));
}

std::optional<base::Duration> Pump::timeout(base::Instant now) const {
    if (leave_by_) {
        return std::max(*leave_by_ - now, base::Duration::zero());
    }
    std::optional<base::Instant> earliest;
    const auto keep = [&](base::Instant candidate) {
        earliest = earliest ? std::min(*earliest, candidate) : candidate;
    };
    for (const auto& inlet : inlets_) {
        if (inlet.is_open && inlet.is_ready) {
            return base::Duration::zero();
        }
        if (const auto& at = inlet.due_at()) {
            keep(*at);
        }
    }
    for (const auto& service : services_) {
        if (service.state().unsaid_drops > 0 && !is_busy()) {
            keep(service.last_drop + kDropSilence);
        }
    }
    return earliest ? std::optional{std::max(*earliest - now, base::Duration::zero())}
                    : std::nullopt;
}

// Only when the service would have to wait else, or the container at its end: what the reader of a
// burst takes up soon is no reason.
bool Pump::must_drop(Inlet& inlet) {
    const auto& settings = *services_[inlet.service].settings;
    const bool is_too_late =
        inlet.is_hung_up && sys::now() - took_at_[inlet.output] >= kReaderPatience;
    return settings.drops &&
           (is_too_late || sys::bytes_in_pipe(inlet.fd) >= fill_limit(settings.capacity));
}

void Pump::look_later(Inlet& inlet) {
    const bool may_fill_up = services_[inlet.service].settings->drops &&
                             (inlet.is_hung_up || sys::bytes_in_pipe(inlet.fd) > 0);
    inlet.pause = std::clamp(inlet.pause * 2, kFirstLook, kLongestLook);
    inlet.look_at = may_fill_up ? std::optional{sys::now() + inlet.pause} : std::nullopt;
}

void Pump::on_time(base::Instant now) {
    for (auto& inlet : inlets_) {
        if (const auto& at = inlet.due_at(); at && now >= *at) {
            inlet.is_ready = inlet.is_open;
        }
    }
    if (!leave_by_ && settings_.state->must_leave != 0) {
        leave_by_ = now + kReaderPatience;
    }
    if (!leave_by_) {
        say_drops(now, false);
    }
}

bool Pump::may_leave() const {
    return leave_by_ && (!is_busy() || sys::now() >= *leave_by_);
}

// What its reader did not take in time. False when the next pump begins with it again; what is out
// of the pipe already is dropped.
bool Pump::give_up_rests() {
    bool is_clean = true;
    for (const std::size_t number : {0U, 1U}) {
        if (!outputs_[number].is_busy() || !rest_of_[number]) {
            continue;
        }
        const auto& inlet = inlets_[*rest_of_[number]];
        if (inlet.owed > 0) {
            is_clean = false;
            continue;
        }
        auto& service = services_[inlet.service];
        const auto lines = outputs_[number].lines_left();
        count_drops(service, lines);
        service.state().unsaid_drops += lines;
    }
    return is_clean;
}

void Pump::say_drops(base::Instant now, bool is_last) {
    for (auto& service : services_) {
        const bool is_over = now - service.last_drop >= kDropSilence && !is_busy();
        const std::uint64_t lines = service.state().unsaid_drops;
        if (lines > 0 && (is_over || is_last)) {
            say_dropped(log_, service.settings->name, lines);
            service.state().unsaid_drops = 0;
        }
    }
}

}  // namespace logging
