// SPDX-License-Identifier: MIT
#include "sys/send_queues.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "sys/fd.hpp"

namespace sys {
namespace {

// States of include/net/tcp_states.h in which the application has closed and data may be left.
constexpr unsigned kFinWait1 = 4;
constexpr unsigned kFinWait2 = 5;
constexpr unsigned kLastAck = 9;
constexpr unsigned kClosing = 11;

std::string_view take_field(std::string_view& line) noexcept {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const auto field = line.substr(0, line.find(' '));
    line.remove_prefix(field.size());
    return field;
}

bool parse_hex(std::string_view text, std::uint64_t& number) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

base::Result<void> count_file(const char* path, SendQueues& queues) noexcept {
    const UniqueFd file{::open(path, O_RDONLY | O_CLOEXEC)};
    if (!file) {
        return base::unexpected{base::Errno{"open", errno}};
    }
    std::array<char, 8192> buffer;
    std::size_t held = 0;
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer.data() + held, buffer.size() - held);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            break;
        }
        std::string_view text{buffer.data(), held + static_cast<std::size_t>(got)};
        for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
            count_tcp_line(text.substr(0, end), queues);
            text.remove_prefix(end + 1);
        }
        // The begin of a line whose end comes with the next read; one that fills the buffer is none
        // that the kernel writes.
        held = text.size() < buffer.size() ? text.size() : 0;
        std::memmove(buffer.data(), text.data(), held);
    }
    return {};
}

}  // namespace

void count_tcp_line(std::string_view line, SendQueues& queues) noexcept {
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
    for (int field = 0; field < 3; ++field) {
        static_cast<void>(take_field(line));
    }
    std::uint64_t state = 0;
    if (!parse_hex(take_field(line), state) ||
        (state != kFinWait1 && state != kFinWait2 && state != kLastAck && state != kClosing)) {
        return;
    }
    const auto both = take_field(line);
    std::uint64_t bytes = 0;
    if (!parse_hex(both.substr(0, both.find(':')), bytes) || (bytes == 0 && state != kFinWait2)) {
        return;
    }
    for (int field = 0; field < 4; ++field) {
        static_cast<void>(take_field(line));
    }
    // An inode means that some process still holds it, so it is not ours to wait for.
    if (take_field(line) != "0") {
        return;
    }
    if (bytes == 0) {
        ++queues.unclosed;
    } else {
        ++queues.sockets;
        queues.bytes += bytes;
    }
}

base::Result<SendQueues> read_send_queues() noexcept {
    SendQueues queues;
    const auto ipv4 = count_file("/proc/net/tcp", queues);
    const auto ipv6 = count_file("/proc/net/tcp6", queues);
    if (!ipv4 && !ipv6) {
        return base::unexpected{ipv4.error()};
    }
    return queues;
}

NetworkNamespace network_namespace() noexcept {
    if (::access("/proc/sys/net/core/netdev_max_backlog", F_OK) == 0) {
        return NetworkNamespace::Host;
    }
    return ::access("/proc/sys/net/core", F_OK) == 0 ? NetworkNamespace::Own
                                                     : NetworkNamespace::Unknown;
}

}  // namespace sys
