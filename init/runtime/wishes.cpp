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
enum Part : std::uint8_t { Untouched, Asked, Also, Passed, Named };

ServiceId id_of(std::size_t index) {
    return static_cast<ServiceId>(index);
}

Event::Kind kind_of(control::Action action) {
    return action == control::Action::Start  ? Event::Kind::StartAsked
           : action == control::Action::Stop ? Event::Kind::StopAsked
                                             : Event::Kind::RestartAsked;
}

}  // namespace

bool Runtime::is_stopped_by_hand(ServiceId id) const {
    return supervisor_.hold(id).kind == core::Hold::Kind::ByHand;
}

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
    mark_others(wish.action);
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

// A stop takes along what requires it and runs; a start what it requires and somebody stopped.
void Runtime::mark_others(control::Action action) {
    const bool starts = action == control::Action::Start;
    for (bool has_grown = true; has_grown;) {
        has_grown = false;
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            for (const auto id : spec_.services[i].requires_) {
                const auto required = core::index(id);
                const auto from = starts ? i : required;
                const auto to = starts ? required : i;
                if (parts_[from] == Untouched || parts_[to] != Untouched) {
                    continue;
                }
                const bool goes = starts ? is_stopped_by_hand(id_of(to))
                                         : core::is_live(supervisor_.service(id_of(to)).state);
                // What only waits for a stopped one leads to it.
                if (goes || starts) {
                    parts_[to] = goes ? Also : Passed;
                    has_grown = true;
                }
            }
        }
    }
}

// In the order in which it happens: what requires another stops before it, and starts after it.
void Runtime::name_others(control::Action action, control::ManageReply& reply) {
    const bool starts = action == control::Action::Start;
    const auto waits = [&](std::size_t service, std::size_t other) {
        const auto& list = spec_.services[starts ? service : other].requires_;
        return (parts_[other] == Also || parts_[other] == Passed) &&
               std::find(list.begin(), list.end(), id_of(starts ? other : service)) != list.end();
    };
    for (bool has_named = true; has_named;) {
        has_named = false;
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            const bool is_said = parts_[i] == Also;
            bool is_next = is_said || parts_[i] == Passed;
            for (std::size_t j = 0; is_next && j < parts_.size(); ++j) {
                is_next = !waits(i, j);
            }
            if (!is_next) {
                continue;
            }
            parts_[i] = Named;
            has_named = true;
            if (is_said && reply.also_count < control::kMaxNames) {
                reply.also[reply.also_count] = control::Name{spec_.services[i].name};
            }
            reply.also_count += is_said ? 1 : 0;
        }
    }
}

}  // namespace runtime
