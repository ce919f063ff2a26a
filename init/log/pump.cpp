// SPDX-License-Identifier: MIT
#include "log/pump.hpp"

#include <algorithm>
#include <utility>

#include "base/exit_status.hpp"
#include "log/pump_loop.hpp"
#include "sys/descriptors.hpp"
#include "sys/privileges.hpp"
#include "sys/pump_io.hpp"
#include "sys/session.hpp"
#include "sys/spawn.hpp"

namespace logging {
namespace {

constexpr int kFirstOfOurs = 3;
constexpr int kExitUnfinished = 1;

// The write ends above all: while a copy of them is open, no pipe ever ends.
void close_what_is_not_ours(const PumpSettings& settings) {
    std::vector<int> keep;
    if (settings.listener >= 0) {
        keep.push_back(settings.listener);
    }
    for (const auto& service : settings.services) {
        keep.insert(keep.end(), service.pipes.begin(), service.pipes.end());
    }
    std::ranges::sort(keep);
    sys::close_from(kFirstOfOurs, keep);
}

// Log files may lie in directories of others; whoever has none needs no capability at all. What
// cannot be given up costs nothing: this process executes nothing.
void drop_privileges(const PumpSettings& settings) {
    const bool has_file = std::ranges::any_of(
        settings.services, [](const PumpService& service) { return !service.file.empty(); });
    const auto override_number = sys::parse_capability("dac_override");
    sys::CapabilitySet wanted = 0;
    if (has_file && override_number) {
        wanted = (sys::CapabilitySet{1} << static_cast<unsigned>(*override_number)) &
                 sys::read_capabilities().permitted;
    }
    static_cast<void>(sys::set_capabilities(wanted));
    static_cast<void>(sys::set_no_new_privileges());
}

}  // namespace

void run_pump(const PumpSettings& settings) {
    sys::set_process_name("pidone-log");
    static_cast<void>(sys::new_session());
    close_what_is_not_ours(settings);
    auto loop = sys::Loop::create(settings.services.size() * 2 + 4 + PumpReaders::kMost);
    if (!loop) {
        sys::exit_now(base::kExitSystem);
    }
    Pump pump{settings, std::move(*loop)};
    if (!pump.is_able()) {
        sys::exit_now(base::kExitSystem);
    }
    // Behind the opening of the outputs, which may need more than their use.
    drop_privileges(settings);
    sys::exit_now(pump.run() ? 0 : kExitUnfinished);
}

}  // namespace logging
