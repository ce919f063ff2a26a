// SPDX-License-Identifier: MIT
#include "core/exit_policy.hpp"

#include <algorithm>

namespace core {

bool is_stop_signal(Signal signal) {
    return signal == base::kSigTerm || signal == base::kSigInt || signal == base::kSigQuit ||
           signal == base::kSigPwr || signal == base::kSigRtMin3;
}

bool is_end_by(const base::ExitStatus& status, Signal signal) {
    return signal != Signal::None && status.shell_code() == 128 + raw(signal);
}

bool is_success(const ServiceSpec& spec, const base::ExitStatus& status, Signal asked) {
    if (is_end_by(status, asked)) {
        return true;
    }
    return !status.was_killed() && std::find(spec.success_codes.begin(), spec.success_codes.end(),
                                             status.code()) != spec.success_codes.end();
}

int failure_code(const ServiceSpec& spec, const base::ExitStatus& status) {
    const int code = status.shell_code();
    return code == 0 ? spec.unexpected_exit_code : code;
}

int remap(const CommandSettings& settings, int code) {
    for (const auto& [from, to] : settings.remap) {
        if (from == code) {
            return to;
        }
    }
    return code;
}

const SignalRoute* find_route(std::span<const SignalRoute> routes, Signal signal) {
    for (const SignalRoute& route : routes) {
        if (route.from == signal) {
            return &route;
        }
    }
    return nullptr;
}

}  // namespace core
