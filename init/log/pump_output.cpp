// SPDX-License-Identifier: MIT
#include "log/pump_output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>

#include "sys/pump_io.hpp"
#include "sys/terminal.hpp"

namespace logging {
namespace {

constexpr std::size_t kLargestWrite = std::size_t{1} << 20U;

// So that pump and reader need not take turns for each block.
constexpr std::size_t kPipeSize = std::size_t{256} * 1024;

// As many whole lines as go into `limit` bytes; a line that is longer is cut.
std::string_view part_of(std::string_view bytes, std::size_t limit) {
    if (bytes.size() <= limit) {
        return bytes;
    }
    const auto end = bytes.rfind('\n', limit - 1);
    return bytes.substr(0, end == bytes.npos ? limit : end + 1);
}

}  // namespace

PumpOutput::PumpOutput(int fd, bool is_shared, std::atomic<std::uint32_t>& mid_line)
    : outlet_{sys::Outlet::open(fd)},
      largest_{is_shared && sys::is_pipe(fd) ? std::size_t{PIPE_BUF} : kLargestWrite},
      is_terminal_{sys::is_terminal(fd)},
      mid_line_{mid_line} {
    if (!is_shared && sys::is_pipe(fd)) {
        static_cast<void>(sys::resize_pipe(fd, kPipeSize));
    }
    if (mid_line_ != 0 || sys::is_in_mid_line(fd)) {
        // The pump before this one died in the middle of a line. KILL cuts a write to a file short
        // without a word of how much of it is there.
        rest_.reserve(1);
        rest_.put('\n');
    }
}

int PumpOutput::put(std::string_view& bytes) {
    while (!bytes.empty()) {
        const auto wrote = outlet_.write_some(part_of(bytes, largest_));
        if (!wrote) {
            return wrote.error().code;
        }
        mid_line_ = *wrote > 0 && bytes[*wrote - 1] != '\n' ? 1 : 0;
        bytes.remove_prefix(*wrote);
    }
    return 0;
}

int PumpOutput::write(std::string_view lines) {
    const int error = put(lines);
    if (error == EAGAIN || error == EINTR) {
        rest_.reserve(lines.size());
        rest_.put(lines);
        done_ = 0;
        return 0;
    }
    return error;
}

std::size_t PumpOutput::lines_left() const {
    return static_cast<std::size_t>(std::ranges::count(rest_.view().substr(done_), '\n'));
}

int PumpOutput::flush() {
    auto rest = rest_.view().substr(done_);
    const int error = put(rest);
    if (error == EAGAIN || error == EINTR) {
        done_ = rest_.size() - rest.size();
        return 0;
    }
    rest_.clear();
    done_ = 0;
    return error;
}

}  // namespace logging
