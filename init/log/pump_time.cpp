// SPDX-License-Identifier: MIT
#include <algorithm>

#include "log/pump_loop.hpp"
#include "sys/clock.hpp"
#include "sys/pump_io.hpp"

// What the pump does when time has passed.
namespace logging {
namespace {

// So long no line must have been dropped before it is said how many were.
constexpr base::Duration kDropSilence{1'000};

// A writer that waits for room in the middle of one large write wakes no reader of a pipe that was
// not empty. So whether its lines must be dropped by now is looked at again after so long, and
// after twice as long each time.
constexpr base::Duration kFirstLook{100};
constexpr base::Duration kLongestLook{1'000};

}  // namespace

std::optional<base::Duration> Pump::timeout(base::Instant now) const {
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
        if (service.unsaid_drops > 0 && !outputs_[0].is_busy() && !outputs_[1].is_busy()) {
            keep(service.last_drop + kDropSilence);
        }
    }
    return earliest ? std::optional{std::max(*earliest - now, base::Duration::zero())}
                    : std::nullopt;
}

void Pump::look_later(Inlet& inlet) {
    const bool may_fill_up =
        services_[inlet.service].settings->drops && sys::bytes_in_pipe(inlet.fd) > 0;
    inlet.pause = std::clamp(inlet.pause * 2, kFirstLook, kLongestLook);
    inlet.look_at = may_fill_up ? std::optional{sys::now() + inlet.pause} : std::nullopt;
}

void Pump::on_time(base::Instant now) {
    for (auto& inlet : inlets_) {
        if (const auto& at = inlet.due_at(); at && now >= *at) {
            inlet.is_ready = inlet.is_open;
        }
    }
    say_drops(now, false);
}

void Pump::say_drops(base::Instant now, bool is_last) {
    for (auto& service : services_) {
        const bool is_over = now - service.last_drop >= kDropSilence && !outputs_[0].is_busy() &&
                             !outputs_[1].is_busy();
        if (service.unsaid_drops > 0 && (is_over || is_last)) {
            log_.line(Severity::Warn, service.settings->name,
                      service.unsaid_drops == 1
                          ? "{} line of its output was dropped, because nobody read it in time "
                            "(log.overflow)"
                          : "{} lines of its output were dropped, because nobody read them in time "
                            "(log.overflow)",
                      fmt::make_format_args(service.unsaid_drops));
            service.unsaid_drops = 0;
        }
    }
}

}  // namespace logging
