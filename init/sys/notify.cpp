// SPDX-License-Identifier: MIT
#include "sys/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace sys {
namespace {

// More than a datagram socket queues (net.unix.max_dgram_qlen is 10 to 512), so that a sender
// without end cannot hold us.
constexpr int kMaxDiscarded = 1024;

constexpr const char* kTooLong = "it is longer than 4096 bytes";
static_assert(kNotifyMax == 4096);

template <class Number>
bool parse_number(std::string_view text, Number& number) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

// The answer is what is wrong with it, or null.
const char* apply_assignment(std::string_view name, std::string_view value,
                             NotifyMessage& message) noexcept {
    if (name == "READY") {
        message.is_ready = message.is_ready || value == "1";
    } else if (name == "STOPPING") {
        message.is_stopping = message.is_stopping || value == "1";
    } else if (name == "STATUS") {
        message.has_status = true;
        message.status = value;
    } else if (name == "MAINPID") {
        int pid = 0;
        if (!parse_number(value, pid) || pid <= 0) {
            return "its MAINPID is no process id";
        }
        message.main_pid = base::Pid{pid};
    } else if (name == "WATCHDOG") {
        message.feeds_watchdog = message.feeds_watchdog || value == "1";
        message.fails_watchdog = message.fails_watchdog || value == "trigger";
    } else if (name == "EXTEND_TIMEOUT_USEC" || name == "WATCHDOG_USEC") {
        std::uint64_t microseconds = 0;
        const bool is_watchdog = name == "WATCHDOG_USEC";
        if (!parse_number(value, microseconds)) {
            return is_watchdog ? "its WATCHDOG_USEC is no number of microseconds"
                               : "its EXTEND_TIMEOUT_USEC is no number of microseconds";
        }
        (is_watchdog ? message.watchdog_usec : message.extend_usec) = microseconds;
    }
    return nullptr;
}

// Closes what came along in SCM_RIGHTS and tells whether there was any; fills in the credentials.
bool take_control_data(msghdr& header, NotifyReceipt& receipt) noexcept {
    bool had_descriptors = false;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
         part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET) {
            continue;
        }
        if (part->cmsg_type == SCM_CREDENTIALS) {
            ucred sender{};
            std::memcpy(&sender, CMSG_DATA(part), sizeof sender);
            receipt.sender = base::Pid{std::max(sender.pid, 0)};
            receipt.uid = sender.uid;
        } else if (part->cmsg_type == SCM_RIGHTS) {
            had_descriptors = true;
            const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < count; ++i) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
                ::close(fd);
            }
        }
    }
    return had_descriptors;
}

}  // namespace

base::Result<NotifyMessage, const char*> parse_notify(std::string_view text) noexcept {
    if (text.size() > kNotifyMax) {
        return base::unexpected{kTooLong};
    }
    if (text.find('\0') != std::string_view::npos) {
        return base::unexpected<const char*>{"it holds a NUL byte"};
    }
    NotifyMessage message;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto equals = line.find('=');
        const char* problem =
            equals == std::string_view::npos
                ? nullptr
                : apply_assignment(line.substr(0, equals), line.substr(equals + 1), message);
        if (problem != nullptr) {
            return base::unexpected{problem};
        }
    }
    return message;
}

base::Result<NotifySocket> open_notify_socket() noexcept {
    NotifySocket result;
    result.fd.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!result.fd) {
        return base::unexpected{base::Errno{"socket", errno}};
    }
    // Before the bind: whoever can send is known from the first datagram on.
    const int on = 1;
    if (::setsockopt(result.fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
        return base::unexpected{base::Errno{"setsockopt(SO_PASSCRED)", errno}};
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    // An address of the family alone makes the kernel choose a free abstract name (unix(7)).
    if (::bind(result.fd.get(), generic, sizeof(sa_family_t)) != 0) {
        return base::unexpected{base::Errno{"bind", errno}};
    }
    socklen_t length = sizeof address;
    if (::getsockname(result.fd.get(), generic, &length) != 0) {
        return base::unexpected{base::Errno{"getsockname", errno}};
    }
    const std::size_t size = length - offsetof(sockaddr_un, sun_path);
    if (size < 2 || size >= result.address.size() || address.sun_path[0] != '\0') {
        return base::unexpected{base::Errno{"getsockname", EADDRNOTAVAIL}};
    }
    result.address[0] = '@';
    std::copy_n(address.sun_path + 1, size - 1, result.address.begin() + 1);
    return result;
}

base::Result<NotifyReceipt> receive_notify(int fd, std::span<char> buffer) noexcept {
    iovec text{buffer.data(), buffer.size()};
    // Room for the credentials and for as many descriptors as a datagram can carry (SCM_MAX_FD), so
    // that none is cut off unseen.
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(253 * sizeof(int))>
        control;
    msghdr header{};
    header.msg_iov = &text;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) {
        if (errno == EAGAIN || errno == EINTR) {
            return NotifyReceipt{};
        }
        return base::unexpected{base::Errno{"recvmsg", errno}};
    }
    NotifyReceipt receipt;
    receipt.kind = NotifyReceipt::Kind::Refused;
    const bool had_descriptors = take_control_data(header, receipt);
    const std::string_view datagram{buffer.data(), static_cast<std::size_t>(got)};
    if (had_descriptors && datagram == "BARRIER=1") {
        receipt.kind = NotifyReceipt::Kind::Barrier;
        return receipt;
    }
    if (had_descriptors || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        receipt.refusal = (header.msg_flags & MSG_TRUNC) != 0
                              ? kTooLong
                              : "it carries descriptors, and pidone stores none";
        return receipt;
    }
    const auto message = parse_notify(datagram);
    if (message) {
        receipt.kind = NotifyReceipt::Kind::Message;
        receipt.message = *message;
    } else {
        receipt.refusal = message.error();
    }
    return receipt;
}

void discard_notify(int fd) noexcept {
    // Of a longer datagram nothing stays behind, and descriptors without room are never installed.
    char byte = 0;
    for (int count = 0; count < kMaxDiscarded; ++count) {
        if (::recv(fd, &byte, sizeof byte, MSG_DONTWAIT) < 0 && errno != EINTR) {
            return;
        }
    }
}

base::Result<void> send_notify(std::string_view address, std::string_view text) noexcept {
    sockaddr_un target{};
    target.sun_family = AF_UNIX;
    if (address.empty() || (address[0] != '@' && address[0] != '/')) {
        return base::unexpected{base::Errno{"NOTIFY_SOCKET", EINVAL}};
    }
    if (address.size() >= sizeof target.sun_path) {
        return base::unexpected{base::Errno{"NOTIFY_SOCKET", ENAMETOOLONG}};
    }
    std::copy(address.begin(), address.end(), target.sun_path);
    if (address[0] == '@') {
        target.sun_path[0] = '\0';
    }
    const UniqueFd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!fd) {
        return base::unexpected{base::Errno{"socket", errno}};
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    if (::sendto(fd.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&target), length) < 0) {
        return base::unexpected{base::Errno{"sendto", errno}};
    }
    return {};
}

}  // namespace sys
