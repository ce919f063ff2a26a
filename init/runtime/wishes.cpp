// SPDX-License-Identifier: MIT
#include <algorithm>

#include "runtime/runtime.hpp"

/// What people ask for through the control socket.
namespace runtime {

using core::Event;
using core::ServiceId;
using core::State;

namespace {

/// What a wish has to do with a service.
enum Part : std::uint8_t { Untouched, Asked, Also, Passed };

ServiceId id_of(std::size_t index) {
    return static_cast<ServiceId>(index);
}

Event::Kind kind_of(control::Action action) {
    return action == control::Action::Start  ? Event::Kind::StartAsked
           : action == control::Action::Stop ? Event::Kind::StopAsked
                                             : Event::Kind::RestartAsked;
}

}  // namespace

control::Reply Runtime::decide(const control::Server::Wish& wish) {
    using control::Action;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        parts_[i] = wish.subject.covers(i, views_) ? Asked : Untouched;
    }
    if (wish.action == Action::Signal || wish.action == Action::Reload) {
        return signal_asked(wish);
    }
    if (supervisor_.is_stopping()) {
        return control::ErrorReply{control::ErrorCode::ContainerStops, {}};
    }
    if (reload_.phase == Reload::Phase::Stopping) {
        return control::ErrorReply{control::ErrorCode::ReloadRuns, {}};
    }
    control::ManageReply reply;
    if (wish.action == Action::Start) {
        mark_started_along();
    } else {
        mark_stopped_along(wish.action);
    }
    name_others(wish.action, reply);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (parts_[i] == Asked) {
            ++reply.accepted;
            queue_.push({.kind = kind_of(wish.action), .service = id_of(i)});
        }
    }
    pump();
    return reply;
}

// All or none: a signal to the first two of three cannot be taken back.
control::Reply Runtime::signal_asked(const control::Server::Wish& wish) {
    const bool reloads = wish.action == control::Action::Reload;
    control::ManageReply reply;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const auto state = supervisor_.service(id_of(i)).state;
        // HUP would end a set-up, which is no daemon's yet.
        const bool can = processes_[i].main != base::Pid::None &&
                         (!reloads || state == State::Up || state == State::Starting);
        if (parts_[i] == Asked && !can) {
            return control::ErrorReply{control::ErrorCode::NotRunning,
                                       control::Name{spec_.services[i].name}};
        }
    }
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (parts_[i] == Asked) {
            ++reply.accepted;
            signal_main(id_of(i),
                        {.signal = reloads ? spec_.services[i].reload_signal : wish.signal});
        }
    }
    return reply;
}

// What it requires, whether that is to be started itself or only leads to what is.
void Runtime::mark_started_along() {
    const auto order = supervisor_.order();
    for (std::size_t i = order.size(); i-- > 0;) {
        const auto id = order[i];
        for (const auto needed : spec(id).requires_) {
            auto& part = parts_[core::index(needed)];
            if (parts_[core::index(id)] != Untouched && part == Untouched) {
                part = supervisor_.starts_along(needed) ? Also : Passed;
            }
        }
    }
}

// What requires it and runs. A stop of what is down already does nothing.
void Runtime::mark_stopped_along(control::Action action) {
    const auto goes_down = [&](ServiceId id) {
        return parts_[core::index(id)] != Untouched &&
               (action == control::Action::Restart ||
                !core::has_ended(supervisor_.service(id).state));
    };
    for (const auto id : supervisor_.order()) {
        auto& part = parts_[core::index(id)];
        const bool requires_one = std::ranges::any_of(spec(id).requires_, goes_down);
        if (part == Untouched && requires_one && core::is_live(supervisor_.service(id).state)) {
            part = Also;
        }
    }
}

// In the order in which it happens: what requires another stops before it, and starts after it.
void Runtime::name_others(control::Action action, control::ManageReply& reply) {
    const auto order = supervisor_.order();
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto id = action == control::Action::Start ? order[i] : order[order.size() - 1 - i];
        if (parts_[core::index(id)] != Also) {
            continue;
        }
        if (reply.also_count < control::kMaxNames) {
            reply.also[reply.also_count] = control::Name{spec(id).name};
        }
        ++reply.also_count;
    }
}

}  // namespace runtime
