// SPDX-License-Identifier: MIT
#include "core/service.hpp"

namespace core {

std::string_view to_string(State state) {
    switch (state) {
    case State::Waiting:
        return "waiting";
    case State::Backoff:
        return "backoff";
    case State::Scheduled:
        return "scheduled";
    case State::Setup:
        return "setup";
    case State::Starting:
        return "starting";
    case State::Up:
        return "up";
    case State::BeforeStop:
        return "before-stop";
    case State::Stopping:
        return "stopping";
    case State::Leaving:
        return "leaving";
    case State::Done:
        return "done";
    case State::Failed:
        return "failed";
    case State::Stopped:
        return "stopped";
    }
    return "unknown";
}

}  // namespace core
