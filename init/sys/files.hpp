// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sys/fd.hpp"

/// Files and directories for children and clients: these block and allocate. `Errno::op` names the
/// system call; the caller adds the path.
///
/// Whoever owns a directory can put a symlink in the place of one in it, and what root then makes
/// or changes "below" is wherever that points. So what writes here goes through open_parent().
namespace sys {

/// Where something is to be made: its directory (O_PATH) and its name there ("." for "/").
struct Place {
    UniqueFd directory;
    std::string name;
};

/// The error of open_parent() on a symlink that somebody else than root could have made.
inline constexpr base::Errno kForeignLink{"follow", EACCES};

/// Opens the directory that holds `path`, component by component. For root a symlink among them
/// must be root's own in a directory of root's, else kForeignLink; others gain nothing by following
/// one and follow all. The last component is not looked at: it is for the caller to follow none
/// there. With `makes_missing` parents that do not exist are made with 0755.
[[nodiscard]] base::Result<Place> open_parent(const std::string& path, bool makes_missing = false);

/// The symlink that makes open_parent() of `path` fail with kForeignLink, for the message; else "".
[[nodiscard]] std::string foreign_link(const std::string& path);

/// Whom a new file or directory shall belong to.
struct Owner {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

/// The whole content of `path`; EFBIG when it is longer than `limit` bytes, EISDIR for a directory.
/// Anything else than a regular file (a FIFO waits for ever) is kNotRegular of error_text.hpp.
[[nodiscard]] base::Result<std::string> read_file(const std::string& path,
                                                  std::size_t limit = std::size_t{1} << 20);

/// Replaces `path` by `content` in one step: a temporary sibling with `mode` and `owner`, fsync,
/// rename, fsync of the directory. On failure the old file is untouched and nothing is left behind.
[[nodiscard]] base::Result<void> write_file_atomic(const std::string& path,
                                                   std::string_view content, unsigned mode,
                                                   std::optional<Owner> owner = std::nullopt);

/// Makes `path` a directory with `mode` and `owner`, its missing parents with 0755. Of one that
/// exists only what differs is changed. The last component must not be a symlink (ELOOP) or
/// something else (ENOTDIR).
[[nodiscard]] base::Result<void> make_directory(const std::string& path, unsigned mode,
                                                std::optional<Owner> owner = std::nullopt);

/// Removes `path` and everything below it without ever following a symlink or leaving it for
/// another file system's mount point (EXDEV). What does not exist is a success.
[[nodiscard]] base::Result<void> remove_tree(const std::string& path);

/// Makes the complete `staging` appear as `target`: syncfs, rename, fsync of the parent. Both must
/// be in one file system. A `target` that exists and is no empty directory is ENOTEMPTY.
[[nodiscard]] base::Result<void> publish_tree(const std::string& staging,
                                              const std::string& target);

/// The names in a directory, sorted, without "." and "..".
[[nodiscard]] base::Result<std::vector<std::string>> list_directory(const std::string& path);

/// What is at a path; a last symlink is followed, or is itself Other.
enum class FileKind { None, Regular, Directory, Other };
enum class Links { Follow, Refuse };
[[nodiscard]] FileKind kind_of(const std::string& path, Links links = Links::Follow) noexcept;

/// Whether something is at `path`, a dangling symlink included.
[[nodiscard]] bool exists(const std::string& path) noexcept;

/// Whether `path` is a regular file that this process may execute (its effective ids).
[[nodiscard]] bool is_executable(const std::string& path) noexcept;

/// What execvp(3) searches where PATH is not set, and what docker gives its containers.
inline constexpr std::string_view kDefaultSearchPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The paths that execvp(3) would try for `program`, in order: itself when it has a slash, else one
/// in each directory of `search_path` (an empty one is the working directory).
[[nodiscard]] std::vector<std::string> program_candidates(const std::string& program,
                                                          std::string_view search_path);

/// Where execvp(3) would find `program`: itself when it has a slash, else the first executable in
/// `search_path` (colons; an empty one is the working directory). The errno of failure is what a
/// shell reports by: ENOENT (127), or EACCES (126) when a match may not be executed.
[[nodiscard]] base::Result<std::string> find_program(const std::string& program,
                                                     std::string_view search_path);

/// Opens nothing but asks the kernel: may this process write `path` (access(2), effective ids)?
[[nodiscard]] bool is_writable(const std::string& path) noexcept;

}  // namespace sys
