// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <utility>

#include "runtime/log_pump.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"

// What outlives a pump, its pipes and its memory: made at the start, and once more for a reload.
namespace runtime {
namespace {

constexpr std::size_t kPipeSize = std::size_t{256} * 1024;
constexpr std::size_t kAlign = 64;

// A pump that leaves waits a second for its reader; one that does not leave does not run.
constexpr core::Duration kLeavePatience{2'000};

bool is_pumped(const core::ServiceSpec& service) {
    return service.log.mode != core::LogMode::Inherit && service.is_enabled;
}

constexpr std::size_t aligned(std::size_t size) {
    return (size + kAlign - 1) / kAlign * kAlign;
}

void copy(const logging::PumpState::Service& from, logging::PumpState::Service& to) {
    to.counters.lines = from.counters.lines.load();
    to.counters.bytes = from.counters.bytes.load();
    to.counters.dropped = from.counters.dropped.load();
    to.unsaid_drops = from.unsaid_drops.load();
    to.file_rest = from.file_rest.load();
    for (const std::size_t i : {0U, 1U}) {
        to.continues[i] = from.continues[i].load();
    }
}

// Line by line, so that the sizes may differ, and what a killed pump left unfinished stays behind.
void copy_lines(logging::RingHead& from_head, std::span<char> from, logging::RingHead& to_head,
                std::span<char> to) {
    const logging::Ring source{from_head, from};
    logging::Ring target{to_head, to};
    auto position = source.begin();
    while (const auto line = source.is_kept() ? source.next(position) : std::nullopt) {
        target.push(*line);
    }
}

}  // namespace

base::Result<void> LogPump::open(const core::Spec& spec, std::span<const core::Successor> from,
                                 const LogPump* before) {
    format_ =
        spec.log_format == core::LogFormat::Json ? logging::Format::Json : logging::Format::Text;
    for (std::size_t i = 0; i < spec.services.size(); ++i) {
        const auto& service = spec.services[i];
        if (!is_pumped(service)) {
            others_.push_back(service.name);
            continue;
        }
        auto& entry = entries_.emplace_back();
        entry.id = core::ServiceId(i);
        entry.name = service.name;
        entry.log = service.log;
        const bool is_there = before != nullptr && from[i].was != core::kNoService &&
                              before->find(from[i].was) != nullptr;
        if (is_there) {
            continue;
        }
        if (const auto opened = open_pipes(entry); !opened) {
            return opened;
        }
    }
    // Whoever goes keeps a place until its last lines are out.
    const auto size = memory_size() + (before == nullptr ? 0 : before->memory_size());
    if (entries_.empty() && (before == nullptr || before->entries_.empty())) {
        return {};
    }
    const auto memory = sys::map_shared(size);
    if (!memory) {
        return base::unexpected{memory.error()};
    }
    next_memory_ = *memory;
    if (before == nullptr) {
        move_into_memory();
    }
    return {};
}

base::Result<void> LogPump::open_pipes(Entry& entry) {
    for (const std::size_t i : {0U, 1U}) {
        auto pipe = sys::pipe_cloexec();
        if (!pipe) {
            return base::unexpected{pipe.error()};
        }
        // The pump's end alone: the service's own end blocks, as a pipe does.
        static_cast<void>(sys::set_nonblocking(pipe->read.get(), true));
        entry.capacity = sys::resize_pipe(pipe->write.get(), kPipeSize);
        entry.read[i] = std::move(pipe->read);
        entry.write[i] = std::move(pipe->write);
    }
    return {};
}

std::size_t LogPump::memory_size() const {
    auto size = aligned(sizeof(logging::PumpState));
    for (const auto& entry : entries_) {
        size += aligned(sizeof(logging::PumpState::Service)) +
                aligned(logging::Ring::size_for(entry.log.keep));
    }
    return size;
}

// One mapping: the state, that of each service, the rings.
void LogPump::move_into_memory() {
    if (next_memory_.empty()) {
        return;
    }
    auto rest = next_memory_;
    const auto take = [&](std::size_t count) {
        const auto part = rest.first(count);
        rest = rest.subspan(aligned(count));
        return part;
    };
    auto* const state = std::construct_at(
        reinterpret_cast<logging::PumpState*>(take(sizeof(logging::PumpState)).data()));
    for (const std::size_t i : {0U, 1U}) {
        state->mid_line[i] = state_ == nullptr ? 0 : state_->mid_line[i].load();
    }
    state_ = state;
    for (auto& entry : entries_) {
        auto* const service = std::construct_at(reinterpret_cast<logging::PumpState::Service*>(
            take(sizeof(logging::PumpState::Service)).data()));
        const auto ring = take(logging::Ring::size_for(entry.log.keep));
        if (entry.state != nullptr) {
            copy(*entry.state, *service);
            copy_lines(entry.state->ring, entry.ring, service->ring, ring);
        }
        entry.state = service;
        entry.ring = ring;
    }
    sys::unmap(memory_);
    memory_ = std::exchange(next_memory_, {});
}

bool LogPump::is_like(const LogPump& other) const {
    return format_ == other.format_ && others_ == other.others_ &&
           std::ranges::equal(entries_, other.entries_, [](const Entry& a, const Entry& b) {
               return a.name == b.name && a.log == b.log &&
                      (a.id == core::kNoService) == (b.id == core::kNoService);
           });
}

// Nobody can write to what is left of a service that is gone.
void LogPump::forget_drained() {
    std::erase_if(entries_, [](const Entry& entry) {
        return entry.id == core::kNoService &&
               (entry.state == nullptr || entry.state->unsaid_drops == 0) &&
               sys::bytes_in_pipe(entry.read[0].get()) == 0 &&
               sys::bytes_in_pipe(entry.read[1].get()) == 0;
    });
}

void LogPump::take_over(LogPump& next, std::span<const core::Successor> from, core::Instant now) {
    forget_drained();
    const bool is_like_before = is_like(next);
    for (auto& entry : next.entries_) {
        auto* const old = find_writable(from[core::index(entry.id)].was);
        if (old == nullptr || entry.read[0]) {
            continue;
        }
        entry.read = std::move(old->read);
        entry.write = std::move(old->write);
        entry.capacity = old->capacity;
        entry.state = old->state;
        entry.ring = old->ring;
    }
    for (auto& entry : entries_) {
        if (entry.read[0]) {
            entry.id = core::kNoService;
            entry.write[0].reset();
            entry.write[1].reset();
            next.entries_.push_back(std::move(entry));
        }
    }
    entries_ = std::move(next.entries_);
    others_ = std::move(next.others_);
    format_ = next.format_;
    if (is_like_before) {
        sys::unmap(std::exchange(next.next_memory_, {}));
        return;
    }
    sys::unmap(std::exchange(next_memory_, std::exchange(next.next_memory_, {})));
    if (pid_ == base::Pid::None) {
        forget_drained();
        move_into_memory();
    } else {
        is_replaced_ = true;
        kill_at_ = now + kLeavePatience;
        state_->must_leave = 1;
        static_cast<void>(sys::kill(pid_, base::kSigTerm));
    }
}

LogPump::Entry* LogPump::find_writable(core::ServiceId id) {
    const auto found = std::ranges::find(entries_, id, &Entry::id);
    return id == core::kNoService || found == entries_.end() ? nullptr : &*found;
}

}  // namespace runtime
