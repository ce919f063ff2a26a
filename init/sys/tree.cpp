// SPDX-License-Identifier: MIT
// open_parent(), make_directory() and remove_tree() of files.hpp: what walks directories by
// descriptor.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <utility>

#include "sys/fd.hpp"
#include "sys/files.hpp"

namespace sys {
namespace {

base::unexpected<base::Errno> failure(const char* op, int code = errno) {
    return base::unexpected<base::Errno>{base::Errno{op, code}};
}

struct DirCloser {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

// As many symlinks as the kernel follows in one path, path_resolution(7).
constexpr int kMaxLinks = 40;

// On the way to the parent of a path, as the kernel goes it.
struct Walk {
    UniqueFd directory;  // where it has come to
    std::string come;    // the same for messages, or the component that stopped it
    std::string rest;    // what is still to go, the last component included
    bool makes_missing = false;
    int links = 0;
};

base::Result<void> begin(Walk& walk) {
    const bool is_absolute = walk.rest.starts_with('/');
    walk.come = is_absolute ? "/" : "";
    walk.directory.reset(::open(is_absolute ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    return walk.directory ? base::Result<void>{} : failure("open");
}

bool is_ours_alone(int directory, const struct stat& link) {
    struct stat info {};
    return ::geteuid() != 0 ||
           (link.st_uid == 0 && ::fstat(directory, &info) == 0 && info.st_uid == 0);
}

// The target takes the link's place in what is still to go, so each of its components is looked at.
base::Result<void> follow(Walk& walk, int link, const std::string& name, const struct stat& info) {
    if (!is_ours_alone(walk.directory.get(), info)) {
        walk.come += name;
        return base::unexpected{kForeignLink};
    }
    std::array<char, PATH_MAX> target;
    const ssize_t size = ::readlinkat(link, "", target.data(), target.size());
    if (size < 0) {
        return failure("readlink");
    }
    if (++walk.links > kMaxLinks) {
        return failure("open", ELOOP);
    }
    walk.rest.insert(0, target.data(), static_cast<std::size_t>(size));
    return walk.rest.starts_with('/') ? begin(walk) : base::Result<void>{};
}

UniqueFd open_component(const Walk& walk, const std::string& name) {
    return UniqueFd{::openat(walk.directory.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
}

base::Result<void> enter(Walk& walk, const std::string& name) {
    auto next = open_component(walk, name);
    if (!next && errno == ENOENT && walk.makes_missing) {
        if (::mkdirat(walk.directory.get(), name.c_str(), 0755) != 0 && errno != EEXIST) {
            return failure("mkdir");
        }
        next = open_component(walk, name);
    }
    struct stat info {};
    if (!next || ::fstat(next.get(), &info) != 0) {
        return failure("open");
    }
    if (S_ISLNK(info.st_mode)) {
        return follow(walk, next.get(), name, info);
    }
    if (!S_ISDIR(info.st_mode)) {
        return failure("open", ENOTDIR);
    }
    walk.directory = std::move(next);
    walk.come += name + "/";
    return {};
}

base::Result<void> go(Walk& walk) {
    if (walk.rest.empty()) {
        return failure("open", ENOENT);
    }
    auto gone = begin(walk);
    walk.rest.erase(walk.rest.find_last_not_of('/') + 1);
    while (gone) {
        walk.rest.erase(0, walk.rest.find_first_not_of('/'));
        const auto slash = walk.rest.find('/');
        if (slash == std::string::npos) {
            break;
        }
        const auto name = walk.rest.substr(0, slash);
        walk.rest.erase(0, slash);
        gone = enter(walk, name);
    }
    return gone;
}

base::Result<void> correct_owner(int fd, const struct stat& info, Owner owner) {
    if (info.st_uid == owner.uid && info.st_gid == owner.gid) {
        return {};
    }
    if (::fchownat(fd, "", owner.uid, owner.gid, AT_EMPTY_PATH) != 0) {
        return failure("chown");
    }
    return {};
}

base::Result<void> correct_mode(int fd, const struct stat& info, unsigned mode) {
    // A set-group-id bit that came from the parent is left as it is.
    const mode_t inherited = (mode & S_ISGID) == 0 ? info.st_mode & S_ISGID : 0;
    if ((info.st_mode & 07777) == (mode | inherited)) {
        return {};
    }
    // An O_PATH descriptor cannot change a mode, one opened through it can.
    const UniqueFd directory{::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory || ::fchmod(directory.get(), mode | inherited) != 0) {
        return failure("chmod");
    }
    return {};
}

base::Result<void> remove_entries(int parent, dev_t device);

base::Result<void> remove_one(int parent, const char* name, dev_t device) {
    struct stat info {};
    if (::fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? base::Result<void>{} : failure("stat");
    }
    if (!S_ISDIR(info.st_mode)) {
        return ::unlinkat(parent, name, 0) == 0 || errno == ENOENT ? base::Result<void>{}
                                                                   : failure("unlink");
    }
    if (device != 0 && info.st_dev != device) {
        return failure("unlink", EXDEV);
    }
    UniqueFd directory{::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!directory) {
        return failure("open");
    }
    if (const auto emptied = remove_entries(directory.release(), info.st_dev); !emptied) {
        return emptied;
    }
    if (::unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
        return failure("rmdir");
    }
    return {};
}

// Takes `parent` over and closes it.
base::Result<void> remove_entries(int parent, dev_t device) {
    const std::unique_ptr<DIR, DirCloser> directory{::fdopendir(parent)};
    if (!directory) {
        const int error = errno;
        ::close(parent);
        return failure("opendir", error);
    }
    while (const dirent* entry = ::readdir(directory.get())) {
        const std::string_view name{entry->d_name};
        if (name == "." || name == "..") {
            continue;
        }
        if (const auto removed = remove_one(::dirfd(directory.get()), entry->d_name, device);
            !removed) {
            return removed;
        }
    }
    return {};
}

}  // namespace

base::Result<Place> open_parent(const std::string& path, bool makes_missing) {
    Walk walk;
    walk.rest = path;
    walk.makes_missing = makes_missing;
    if (const auto gone = go(walk); !gone) {
        return base::unexpected{gone.error()};
    }
    return Place{std::move(walk.directory), walk.rest.empty() ? "." : std::move(walk.rest)};
}

std::string foreign_link(const std::string& path) {
    Walk walk;
    walk.rest = path;
    const auto gone = go(walk);
    return gone || gone.error() != kForeignLink ? "" : walk.come;
}

base::Result<void> make_directory(const std::string& path, unsigned mode,
                                  std::optional<Owner> owner) {
    const auto place = open_parent(path, true);
    if (!place) {
        return base::unexpected{place.error()};
    }
    const int parent = place->directory.get();
    const char* name = place->name.c_str();
    // 0700 until it belongs to whom it shall belong.
    const bool is_new = ::mkdirat(parent, name, 0700) == 0;
    const int mkdir_error = errno;
    struct stat info {};
    if (::fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return failure("mkdir", mkdir_error);
    }
    if (!S_ISDIR(info.st_mode)) {
        return failure("mkdir", S_ISLNK(info.st_mode) ? ELOOP : ENOTDIR);
    }
    const UniqueFd fd{::openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!fd || ::fstat(fd.get(), &info) != 0) {
        return failure("open");
    }
    // While it still is ours, unless the change of owner is refused anyway.
    if (is_new) {
        if (const auto changed = correct_mode(fd.get(), info, mode); !changed) {
            return changed;
        }
    }
    if (owner) {
        if (const auto changed = correct_owner(fd.get(), info, *owner); !changed) {
            return changed;
        }
    }
    return is_new ? base::Result<void>{} : correct_mode(fd.get(), info, mode);
}

base::Result<void> remove_tree(const std::string& path) {
    const auto place = open_parent(path);
    if (!place) {
        return place.error().code == ENOENT ? base::Result<void>{}
                                            : base::unexpected{place.error()};
    }
    return remove_one(place->directory.get(), place->name.c_str(), 0);
}

}  // namespace sys
