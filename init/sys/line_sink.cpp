// SPDX-License-Identifier: MIT
#include "sys/line_sink.hpp"

#include <algorithm>
#include <cerrno>

namespace sys {

LineSink LineSink::open(int fd) noexcept {
    LineSink sink;
    sink.outlet_ = Outlet::open(fd);
    return sink;
}

bool LineSink::flush_rest() noexcept {
    if (rest_size_ == 0) {
        return true;
    }
    const auto wrote = outlet_.write_some({rest_.data(), rest_size_});
    if (!wrote && wrote.error().code != EAGAIN) {
        // The terminal is gone, and with it the line's begin.
        rest_size_ = 0;
        return true;
    }
    const auto done = wrote.value_or(0);
    std::copy(rest_.begin() + static_cast<std::ptrdiff_t>(done),
              rest_.begin() + static_cast<std::ptrdiff_t>(rest_size_), rest_.begin());
    rest_size_ -= done;
    return rest_size_ == 0;
}

bool LineSink::try_write(std::string_view line) noexcept {
    line = line.substr(0, kMaxLine);
    if (!outlet_.is_open() || !flush_rest()) {
        return false;
    }
    const auto wrote = outlet_.write_some(line).value_or(0);
    if (wrote == 0) {
        return false;
    }
    line.remove_prefix(wrote);
    std::copy(line.begin(), line.end(), rest_.begin());
    rest_size_ = line.size();
    return true;
}

bool LineSink::write(std::string_view line) noexcept {
    if (try_write(line)) {
        return true;
    }
    if (outlet_.is_open()) {
        ++dropped_;
    }
    return false;
}

void LineSink::drain(base::Duration limit) noexcept {
    if (!outlet_.is_open() || !outlet_.is_writable(limit)) {
        return;
    }
    static_cast<void>(flush_rest());
}

}  // namespace sys
