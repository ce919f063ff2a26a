// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "runtime/child_error.hpp"
#include "runtime/reload.hpp"
#include "runtime/runtime.hpp"

// The one moment in which the ids of the services change. All of it was made before (reload.cpp),
// so nothing here can fail.
namespace runtime {
namespace {

constexpr std::uint32_t number_of(core::ServiceId id) {
    return id == core::kNoService ? control::Server::kNobody
                                  : static_cast<std::uint32_t>(core::index(id));
}

}  // namespace

void Runtime::watch_schedule() {
    schedule_ = {};
    if (scheduler_.fd() >= 0) {
        const auto token =
            loop_.add(scheduler_.fd(), static_cast<std::uint32_t>(Source::Schedule), 0);
        schedule_ = token ? *token : sys::Token{};
    }
}

// By name: also what changed keeps its notification socket, and whom nobody has reaped yet.
void Runtime::move_processes(Reload::Next& next) {
    std::vector<ServiceProcess> moved;
    moved.reserve(next.spec.services.size());
    for (std::size_t i = 0; i < next.spec.services.size(); ++i) {
        const auto was = next.plan.from[i].was;
        if (was == core::kNoService) {
            moved.emplace_back(next.spec.services[i].name);
            continue;
        }
        auto& process = moved.emplace_back(std::move(this->process(was)));
        for (auto* watched : {&process.status, &process.ready, &process.notify}) {
            loop_.set_index(watched->token, static_cast<std::uint32_t>(i));
        }
        if (!has_notify_socket(next.spec.services[i])) {
            forget(process.notify);
        }
    }
    std::swap(processes_, moved);
    for (auto& process : moved) {
        // Of those that stay nothing is left here.
        forget(process.status);
        forget(process.ready);
        forget(process.notify);
    }
    for (auto& [id, socket] : next.notify) {
        auto& process = this->process(id);
        process.notify_address = socket.address;
        static_cast<void>(watch(process.notify, std::move(socket.fd), Source::Notify, id));
    }
}

void Runtime::take_over() {
    auto& next = *reload_.next;
    const auto& from = next.plan.from;
    const auto count = next.spec.services.size();
    loop_.grow(slots_for(next.spec) + 1);
    if (control_) {
        std::vector<std::uint32_t> numbers;
        numbers.reserve(from.size());
        for (const auto& origin : from) {
            numbers.push_back(number_of(origin.was));
        }
        control_->renumber(numbers, snapshot());
    }
    move_processes(next);
    // The services keep their place in memory.
    std::swap(spec_, next.spec);
    supervisor_.adopt(from, now_);
    queue_ = EventQueue{count};
    others_.reserve(count * 4);
    views_.assign(count, {});
    parts_.assign(count, 0);
    ++generation_;
    next.listeners.take_over(listeners_);
    listeners_ = std::move(next.listeners);
    log_.set_format(spec_.log_format == core::LogFormat::Json ? logging::Format::Json
                                                              : logging::Format::Text);
    set_line_format(log_.format());
    log_pump_.take_over(next.log_pump, from, now_);
    start_log_pump();
    loop_.remove(schedule_);
    next.scheduler.take_over(scheduler_, from);
    scheduler_ = std::move(next.scheduler);
    watch_schedule();
    queue_.push({.kind = core::Event::Kind::Tick});
    scheduler_.look(now_, queue_, log_);
    pump();
}

}  // namespace runtime
