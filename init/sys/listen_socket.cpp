// SPDX-License-Identifier: MIT
#include "sys/listen_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sys {
namespace {

// The kernel cuts it to net.core.somaxconn. What comes while a service starts again waits here.
constexpr int kBacklog = 4096;

base::unexpected<base::Errno> failure(const char* op) noexcept {
    return base::unexpected<base::Errno>{base::Errno{op, errno}};
}

base::Result<UniqueFd> open_socket(int family) noexcept {
    UniqueFd fd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!fd) {
        return failure("socket");
    }
    return fd;
}

base::Result<void> set_option(int fd, int level, int option, int value) noexcept {
    if (::setsockopt(fd, level, option, &value, sizeof value) != 0) {
        return failure("setsockopt");
    }
    return {};
}

template <class Address>
base::Result<UniqueFd> listen_at(UniqueFd fd, const Address& address) noexcept {
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return failure("bind");
    }
    if (::listen(fd.get(), kBacklog) != 0) {
        return failure("listen");
    }
    return fd;
}

// A connect to a stale socket is refused; whoever accepts it, or has a full backlog, is alive.
bool is_stale(const sockaddr_un& address) noexcept {
    const UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    return fd &&
           ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
           errno == ECONNREFUSED;
}

}  // namespace

base::Result<UniqueFd> listen_tcp(const std::string& host, std::uint16_t port, bool is_v6_only) {
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    const bool is_v4 = ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1;
    if (!is_v4 && ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) {
        errno = EINVAL;
        return failure("address");
    }
    auto fd = open_socket(is_v4 ? AF_INET : AF_INET6);
    if (!fd) {
        return fd;
    }
    auto set = set_option(fd->get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (set && !is_v4) {
        set = set_option(fd->get(), IPPROTO_IPV6, IPV6_V6ONLY, is_v6_only ? 1 : 0);
    }
    if (!set) {
        return base::unexpected{set.error()};
    }
    v4.sin_family = AF_INET;
    v6.sin6_family = AF_INET6;
    v4.sin_port = v6.sin6_port = htons(port);
    return is_v4 ? listen_at(std::move(*fd), v4) : listen_at(std::move(*fd), v6);
}

base::Result<UnixListener> listen_unix(const std::string& path, unsigned mode,
                                       std::optional<Owner> owner) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return failure("address");
    }
    std::copy(path.begin(), path.end(), address.sun_path);
    const auto place = open_parent(path, true);
    if (!place) {
        return base::unexpected{place.error()};
    }
    auto fd = open_socket(AF_UNIX);
    if (!fd) {
        return base::unexpected{fd.error()};
    }
    struct stat file {};
    if (::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode) && is_stale(address)) {
        ::unlink(path.c_str());
    }
    // The path gets the mode of the socket without the umask, so at no moment may others in.
    const auto mask = ::umask(0);
    auto bound = ::fchmod(fd->get(), mode) == 0 ? listen_at(std::move(*fd), address)
                                                : base::Result<UniqueFd>{failure("fchmod")};
    ::umask(mask);
    if (!bound) {
        return base::unexpected{bound.error()};
    }
    if (owner && ::lchown(path.c_str(), owner->uid, owner->gid) != 0) {
        return failure("lchown");
    }
    if (::lstat(path.c_str(), &file) != 0) {
        return failure("lstat");
    }
    return UnixListener{std::move(*bound), file.st_dev, file.st_ino};
}

void remove_socket(const std::string& path, const UnixListener& listener) noexcept {
    struct stat file {};
    if (::lstat(path.c_str(), &file) == 0 && file.st_dev == listener.device &&
        file.st_ino == listener.inode) {
        ::unlink(path.c_str());
    }
}

}  // namespace sys
