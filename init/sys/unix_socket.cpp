// SPDX-License-Identifier: MIT
#include "sys/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace sys {
namespace {

struct Address {
    sockaddr_un unix_{};
    socklen_t length = 0;

    [[nodiscard]] const sockaddr* generic() const noexcept {
        return reinterpret_cast<const sockaddr*>(&unix_);
    }
    [[nodiscard]] bool is_abstract() const noexcept { return unix_.sun_path[0] == '\0'; }
};

base::Result<Address> make_address(std::string_view text) noexcept {
    Address address;
    address.unix_.sun_family = AF_UNIX;
    // One byte stays free, so that a path is NUL-terminated for chmod and unlink.
    if (text.empty() || text.size() >= sizeof address.unix_.sun_path) {
        return base::unexpected{base::Errno{"address", text.empty() ? EINVAL : ENAMETOOLONG}};
    }
    std::copy(text.begin(), text.end(), address.unix_.sun_path);
    std::size_t length = offsetof(sockaddr_un, sun_path) + text.size();
    if (text[0] == '@') {
        address.unix_.sun_path[0] = '\0';
    } else {
        ++length;
    }
    address.length = static_cast<socklen_t>(length);
    return address;
}

bool is_socket(const char* path) noexcept {
    struct stat info {};
    return ::lstat(path, &info) == 0 && S_ISSOCK(info.st_mode);
}

base::Result<void> set_timeout(int fd, int option, base::Duration timeout) noexcept {
    const auto milliseconds = timeout.count();
    const timeval value{milliseconds / 1000, milliseconds % 1000 * 1000};
    if (::setsockopt(fd, SOL_SOCKET, option, &value, sizeof value) != 0) {
        return base::unexpected{base::Errno{"setsockopt", errno}};
    }
    return {};
}

// Zero means "for ever" to the kernel, and here "at once".
base::Duration at_least_one(base::Duration timeout) noexcept {
    return std::max(timeout, base::Duration{1});
}

}  // namespace

base::Result<UniqueFd> listen_on(std::string_view address) noexcept {
    const auto target = make_address(address);
    if (!target) {
        return base::unexpected{target.error()};
    }
    UniqueFd fd{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) {
        return base::unexpected{base::Errno{"socket", errno}};
    }
    const char* path = target->unix_.sun_path;
    if (!target->is_abstract() && is_socket(path)) {
        ::unlink(path);
    }
    if (::bind(fd.get(), target->generic(), target->length) != 0) {
        return base::unexpected{base::Errno{"bind", errno == EADDRINUSE ? EEXIST : errno}};
    }
    if (!target->is_abstract() && ::chmod(path, 0666) != 0) {
        return base::unexpected{base::Errno{"chmod", errno}};
    }
    if (::listen(fd.get(), 16) != 0) {
        return base::unexpected{base::Errno{"listen", errno}};
    }
    return fd;
}

base::Result<std::optional<UniqueFd>> accept_client(int fd) noexcept {
    UniqueFd client{::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (client) {
        return std::optional<UniqueFd>{std::move(client)};
    }
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) {
        return std::optional<UniqueFd>{};
    }
    return base::unexpected{base::Errno{"accept4", errno}};
}

base::Result<PeerCredentials> peer_credentials(int fd) noexcept {
    ucred peer{};
    socklen_t length = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return base::unexpected{base::Errno{"getsockopt(SO_PEERCRED)", errno}};
    }
    return PeerCredentials{base::Pid{std::max(peer.pid, 0)}, peer.uid, peer.gid};
}

base::Result<UniqueFd> connect_to(std::string_view address, base::Duration timeout) noexcept {
    const auto target = make_address(address);
    if (!target) {
        return base::unexpected{target.error()};
    }
    UniqueFd fd{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    if (!fd) {
        return base::unexpected{base::Errno{"socket", errno}};
    }
    // A connect to a full backlog waits as long as a send may (unix(7), SO_SNDTIMEO).
    for (const int option : {SO_SNDTIMEO, SO_RCVTIMEO}) {
        if (const auto set = set_timeout(fd.get(), option, at_least_one(timeout)); !set) {
            return base::unexpected{set.error()};
        }
    }
    if (::connect(fd.get(), target->generic(), target->length) != 0) {
        return base::unexpected{base::Errno{"connect", errno}};
    }
    return fd;
}

base::Result<void> set_receive_timeout(int fd, std::optional<base::Duration> timeout) noexcept {
    return set_timeout(fd, SO_RCVTIMEO, timeout ? at_least_one(*timeout) : base::Duration::zero());
}

}  // namespace sys
