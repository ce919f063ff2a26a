// SPDX-License-Identifier: MIT
#include "sys/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "sys/error_text.hpp"
#include "sys/fd.hpp"

namespace sys {
namespace {

base::unexpected<base::Errno> failure(const char* op, int code = errno) {
    return base::unexpected<base::Errno>{base::Errno{op, code}};
}

// What mkostemp(3) does, in a directory that is open; `name` becomes the new file's.
UniqueFd create_sibling(int directory, std::string& name) {
    const auto size = name.size();
    for (int attempt = 0; attempt < 100; ++attempt) {
        std::uint32_t random = 0;
        if (::getrandom(&random, sizeof random, 0) < 0) {
            return {};
        }
        std::array<char, 8> suffix{};
        std::snprintf(suffix.data(), suffix.size(), ".%06x", random & 0xffffffU);
        name.replace(size, std::string::npos, suffix.data());
        UniqueFd file{::openat(directory, name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
        if (file || errno != EEXIST) {
            return file;
        }
    }
    return {};
}

base::Result<void> write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        const ssize_t wrote = ::write(fd, content.data(), content.size());
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote < 0) {
            return failure("write");
        }
        content.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
}

base::Result<void> fill_file(int fd, std::string_view content, unsigned mode,
                             std::optional<Owner> owner) {
    // The owner first: until the mode is set, nobody else may open it.
    if (owner && (owner->uid != ::geteuid() || owner->gid != ::getegid()) &&
        ::fchown(fd, owner->uid, owner->gid) != 0) {
        return failure("fchown");
    }
    if (::fchmod(fd, mode) != 0) {
        return failure("fchmod");
    }
    if (const auto written = write_all(fd, content); !written) {
        return written;
    }
    if (::fsync(fd) != 0) {
        return failure("fsync");
    }
    return {};
}

// An O_PATH descriptor cannot be synced, one opened through it can.
base::Result<void> sync_directory(int path_fd) {
    const UniqueFd directory{::openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) {
        return failure("open");
    }
    // Some file systems (overlay on old kernels, FUSE) cannot sync a directory and say EINVAL.
    if (::fsync(directory.get()) != 0 && errno != EINVAL) {
        return failure("fsync");
    }
    return {};
}

struct DirCloser {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

base::Result<std::string> read_file(const std::string& path, std::size_t limit) {
    // The open of a FIFO waits for a writer, too.
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
    if (!file) {
        return failure("open", errno == ENXIO ? kNotRegular : errno);  // ENXIO: a socket
    }
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) {
        return failure("stat");
    }
    if (!S_ISREG(info.st_mode)) {
        return failure("read", S_ISDIR(info.st_mode) ? EISDIR : kNotRegular);
    }
    std::string content;
    std::array<char, 16384> buffer;
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return failure("read");
        }
        if (got == 0) {
            return content;
        }
        content.append(buffer.data(), static_cast<std::size_t>(got));
        if (content.size() > limit) {
            return failure("read", EFBIG);
        }
    }
}

base::Result<void> write_file_atomic(const std::string& path, std::string_view content,
                                     unsigned mode, std::optional<Owner> owner) {
    const auto place = open_parent(path);
    if (!place) {
        return base::unexpected(place.error());
    }
    const int directory = place->directory.get();
    std::string temporary = place->name;
    const UniqueFd file = create_sibling(directory, temporary);
    if (!file) {
        return failure("open");
    }
    auto result = fill_file(file.get(), content, mode, owner);
    if (result && ::renameat(directory, temporary.c_str(), directory, place->name.c_str()) != 0) {
        result = failure("rename");
    }
    if (!result) {
        ::unlinkat(directory, temporary.c_str(), 0);
        return result;
    }
    return sync_directory(directory);
}

base::Result<void> publish_tree(const std::string& staging, const std::string& target) {
    const auto from = open_parent(staging);
    const auto to = open_parent(target);
    if (!from || !to) {
        return base::unexpected(from ? to.error() : from.error());
    }
    const UniqueFd tree{::openat(from->directory.get(), from->name.c_str(),
                                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!tree) {
        return failure("open");
    }
    if (::syncfs(tree.get()) != 0) {
        return failure("syncfs");
    }
    if (::renameat(from->directory.get(), from->name.c_str(), to->directory.get(),
                   to->name.c_str()) != 0) {
        return failure("rename");
    }
    return sync_directory(to->directory.get());
}

base::Result<std::vector<std::string>> list_directory(const std::string& path) {
    const std::unique_ptr<DIR, DirCloser> directory{::opendir(path.c_str())};
    if (!directory) {
        return failure("opendir");
    }
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(directory.get())) {
        const std::string_view name{entry->d_name};
        if (name != "." && name != "..") {
            names.emplace_back(name);
        }
        errno = 0;
    }
    if (errno != 0) {
        return failure("readdir");
    }
    std::sort(names.begin(), names.end());
    return names;
}

FileKind kind_of(const std::string& path, Links links) noexcept {
    struct stat info {};
    const int flags = links == Links::Follow ? 0 : AT_SYMLINK_NOFOLLOW;
    if (::fstatat(AT_FDCWD, path.c_str(), &info, flags) != 0) {
        return FileKind::None;
    }
    if (S_ISREG(info.st_mode)) {
        return FileKind::Regular;
    }
    return S_ISDIR(info.st_mode) ? FileKind::Directory : FileKind::Other;
}

bool exists(const std::string& path) noexcept {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0;
}

bool is_executable(const std::string& path) noexcept {
    return kind_of(path) == FileKind::Regular &&
           ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

bool is_writable(const std::string& path) noexcept {
    return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

base::Result<std::string> find_program(const std::string& program, std::string_view search_path) {
    if (program.empty()) {
        return failure("execve", ENOENT);
    }
    if (program.find('/') != std::string::npos) {
        return program;
    }
    int error = ENOENT;
    for (const auto& candidate : program_candidates(program, search_path)) {
        if (is_executable(candidate)) {
            return candidate;
        }
        if (kind_of(candidate) != FileKind::None || errno == EACCES) {
            error = EACCES;
        }
    }
    return failure("execve", error);
}

std::vector<std::string> program_candidates(const std::string& program,
                                            std::string_view search_path) {
    if (program.empty() || program.find('/') != std::string::npos) {
        return {program};
    }
    std::vector<std::string> candidates;
    for (bool is_last = false; !is_last;) {
        const auto colon = search_path.find(':');
        is_last = colon == std::string_view::npos;
        const std::string directory{search_path.substr(0, colon)};
        search_path.remove_prefix(is_last ? search_path.size() : colon + 1);
        candidates.push_back((directory.empty() ? "." : directory) + "/" + program);
    }
    return candidates;
}

}  // namespace sys
