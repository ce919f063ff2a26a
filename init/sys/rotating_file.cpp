// SPDX-License-Identifier: MIT
#include "sys/rotating_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "sys/error_text.hpp"

namespace sys {
namespace {

constexpr mode_t kMode = 0640;

base::unexpected<base::Errno> failed(const char* op) {
    return base::unexpected{base::Errno{op, errno}};
}

}  // namespace

base::Result<void> RotatingFile::open() {
    auto place = open_parent(path_, true);
    if (!place) {
        return base::unexpected{place.error()};
    }
    place_ = std::move(*place);
    // O_NONBLOCK, so that a FIFO in its place is an error and no wait for a reader.
    fd_.reset(::openat(place_.directory.get(), place_.name.c_str(),
                       O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kMode));
    struct stat info {};
    if ((!fd_ && errno != ELOOP && errno != ENXIO) || (fd_ && ::fstat(fd_.get(), &info) != 0)) {
        return failed("open");
    }
    if (!S_ISREG(info.st_mode)) {  // ELOOP: a link, ENXIO: a socket
        fd_.reset();
        return base::unexpected{base::Errno{"open", kNotRegular}};
    }
    size_ = static_cast<std::uint64_t>(info.st_size);
    char last = '\n';
    const ssize_t got = ::pread(fd_.get(), &last, 1, std::max<off_t>(info.st_size, 1) - 1);
    is_mid_line_ = got == 1 && last != '\n';
    return {};
}

bool RotatingFile::is_in_place() const {
    struct stat named {};
    struct stat opened {};
    return ::fstatat(place_.directory.get(), place_.name.c_str(), &named, AT_SYMLINK_NOFOLLOW) ==
               0 &&
           ::fstat(fd_.get(), &opened) == 0 && named.st_dev == opened.st_dev &&
           named.st_ino == opened.st_ino;
}

base::Result<void> RotatingFile::rotate() {
    const int directory = place_.directory.get();
    const auto numbered = [&](int number) {
        return number == 0 ? place_.name : place_.name + "." + std::to_string(number);
    };
    if (keep_ <= 0 && ::unlinkat(directory, place_.name.c_str(), 0) != 0 && errno != ENOENT) {
        return failed("unlink");
    }
    for (int number = keep_; number > 0; --number) {
        const auto from = numbered(number - 1);
        if (::renameat(directory, from.c_str(), directory, numbered(number).c_str()) != 0 &&
            errno != ENOENT) {
            return failed("rename");
        }
    }
    fd_.reset();
    return open();
}

base::Result<void> RotatingFile::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(fd_.get(), bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote < 0) {
            return failed("write");
        }
        const auto done = static_cast<std::size_t>(wrote);
        size_ += done;
        is_mid_line_ = done > 0 ? bytes[done - 1] != '\n' : is_mid_line_;
        bytes.remove_prefix(done);
    }
    return {};
}

// As many whole lines as still go into the file; none when it has to be rotated first.
std::size_t RotatingFile::part_that_fits(std::string_view lines) const {
    if (limit_ == 0 || size_ + lines.size() <= limit_) {
        return lines.size();
    }
    const auto room = size_ < limit_ ? limit_ - size_ : 0;
    const auto end = room == 0 ? lines.npos : lines.rfind('\n', room - 1);
    if (end != lines.npos) {
        return end + 1;
    }
    // A line that is longer than a whole file has one to itself, also one without an end.
    return size_ > 0 ? 0 : std::min(lines.find('\n'), lines.size() - 1) + 1;
}

base::Result<void> RotatingFile::write(std::string_view lines, bool continues) {
    base::Result<void> result;
    if (!fd_ || !is_in_place()) {
        result = open();
    }
    if (result && is_mid_line_ && !continues) {
        result = append("\n");
    }
    while (result && !lines.empty()) {
        const auto part = part_that_fits(lines);
        result = part == 0 ? rotate() : append(lines.substr(0, part));
        lines.remove_prefix(result ? part : 0);
    }
    return result;
}

}  // namespace sys
