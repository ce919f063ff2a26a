// SPDX-License-Identifier: MIT
// make_directory() and remove_tree() of files.hpp: what walks directories by descriptor.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

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

base::Result<void> make_parents(const std::string& path) {
    for (auto slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        const std::string parent = path.substr(0, slash);
        if (::mkdir(parent.c_str(), 0755) == 0) {
            continue;
        }
        // A read-only file system says EROFS even for a directory that is there.
        const int error = errno;
        const FileKind kind = kind_of(parent);
        if (kind != FileKind::Directory) {
            return failure("mkdir", kind == FileKind::None ? error : ENOTDIR);
        }
    }
    return {};
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

base::Result<void> make_directory(const std::string& path, unsigned mode,
                                  std::optional<Owner> owner) {
    std::string clean = path;
    while (clean.size() > 1 && clean.back() == '/') {
        clean.pop_back();
    }
    if (const auto parents = make_parents(clean); !parents) {
        return parents;
    }
    // 0700 until it belongs to whom it shall belong.
    const bool is_new = ::mkdir(clean.c_str(), 0700) == 0;
    const int mkdir_error = errno;
    struct stat info {};
    if (::lstat(clean.c_str(), &info) != 0) {
        return failure("mkdir", mkdir_error);
    }
    if (!S_ISDIR(info.st_mode)) {
        return failure("mkdir", S_ISLNK(info.st_mode) ? ELOOP : ENOTDIR);
    }
    const UniqueFd fd{::open(clean.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
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
    return remove_one(AT_FDCWD, path.c_str(), 0);
}

}  // namespace sys
