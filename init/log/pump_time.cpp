// SPDX-License-Identifier: MIT
#include <algorithm>

#include "log/pump_loop.hpp"

// What the pump does when time has passed.
namespace logging {
namespace {

// So long no line must have been dropped before it is said how many were.
constexpr base::Duration kDropSilence{1'000};

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
        if (inlet.flush_at && !inlet.waits) {
            keep(*inlet.flush_at);
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

void Pump::on_time(base::Instant now) {
    for (auto& inlet : inlets_) {
        if (inlet.flush_at && now >= *inlet.flush_at && !inlet.waits) {
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
