// SPDX-License-Identifier: MIT
#include "sys/loop.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace sys {
namespace {

std::uint64_t pack(Token token) noexcept {
    return (std::uint64_t{token.generation} << 32) | token.slot;
}

Token unpack(std::uint64_t bits) noexcept {
    return {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32)};
}

int timeout_of(std::optional<base::Duration> timeout) noexcept {
    if (!timeout) {
        return -1;
    }
    const auto limit = base::Duration::rep{std::numeric_limits<int>::max()};
    return static_cast<int>(std::clamp(timeout->count(), base::Duration::rep{0}, limit));
}

}  // namespace

Loop::Loop(UniqueFd epoll, std::size_t slots)
    : epoll_{std::move(epoll)}, slots_(slots), raw_(slots), ready_(slots) {}

base::Result<Loop> Loop::create(std::size_t slots) {
    UniqueFd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll) {
        return base::unexpected{base::Errno{"epoll_create1", errno}};
    }
    return Loop{std::move(epoll), std::max<std::size_t>(slots, 1)};
}

bool Loop::is_live(Token token) const noexcept {
    return token.slot < slots_.size() && slots_[token.slot].fd >= 0 &&
           slots_[token.slot].generation == token.generation;
}

base::Result<Token> Loop::add(int fd, std::uint32_t kind, std::uint32_t index,
                              std::uint32_t events) noexcept {
    const auto free =
        std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.fd < 0; });
    if (free == slots_.end()) {
        return base::unexpected{base::Errno{"epoll slots", ENOSPC}};
    }
    const Token token{static_cast<std::uint32_t>(free - slots_.begin()), free->generation};
    epoll_event event{};
    event.events = events;
    event.data.u64 = pack(token);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
        return base::unexpected{base::Errno{"epoll_ctl", errno}};
    }
    free->fd = fd;
    free->kind = kind;
    free->index = index;
    return token;
}

base::Result<void> Loop::modify(Token token, std::uint32_t events) noexcept {
    if (!is_live(token)) {
        return base::unexpected{base::Errno{"epoll_ctl", ENOENT}};
    }
    epoll_event event{};
    event.events = events;
    event.data.u64 = pack(token);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, slots_[token.slot].fd, &event) != 0) {
        return base::unexpected{base::Errno{"epoll_ctl", errno}};
    }
    return {};
}

void Loop::set_index(Token token, std::uint32_t index) noexcept {
    if (is_live(token)) {
        slots_[token.slot].index = index;
    }
}

void Loop::grow(std::size_t slots) {
    slots = std::max(slots, slots_.size());
    slots_.resize(slots);
    raw_.resize(slots);
    ready_.resize(slots);
    ready_count_ = 0;
}

void Loop::remove(Token token) noexcept {
    if (!is_live(token)) {
        return;
    }
    Slot& slot = slots_[token.slot];
    // An explicit removal: closing alone leaves the registration alive as long as a forked child
    // holds a copy of the description (epoll(7), Q6).
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, slot.fd, nullptr);
    slot.fd = -1;
    ++slot.generation;
    for (std::size_t i = 0; i < ready_count_; ++i) {
        if (ready_[i].token == token) {
            ready_[i].events = 0;
        }
    }
}

base::Result<std::span<const Ready>> Loop::wait(std::optional<base::Duration> timeout) noexcept {
    ready_count_ = 0;
    int count =
        ::epoll_wait(epoll_.get(), raw_.data(), static_cast<int>(raw_.size()), timeout_of(timeout));
    was_interrupted_ = count < 0 && errno == EINTR;
    if (was_interrupted_) {
        count = ::epoll_wait(epoll_.get(), raw_.data(), static_cast<int>(raw_.size()), 0);
    }
    if (count < 0 && errno != EINTR) {
        return base::unexpected{base::Errno{"epoll_wait", errno}};
    }
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = raw_[static_cast<std::size_t>(i)];
        const Token token = unpack(event.data.u64);
        if (is_live(token)) {
            const Slot& slot = slots_[token.slot];
            ready_[ready_count_++] = {slot.kind, slot.index, event.events, token};
        }
    }
    return std::span<const Ready>{ready_.data(), ready_count_};
}

}  // namespace sys
