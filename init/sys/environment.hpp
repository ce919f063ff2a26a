// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sys {

/// The value of an environment variable of this process. It stays valid: nothing here changes the
/// environment. Allocation-free.
[[nodiscard]] std::optional<std::string_view> get_variable(std::string_view name) noexcept;

/// All entries, "NAME=value", in their order. It allocates.
[[nodiscard]] std::vector<std::string> environment_entries();

/// The same in place, environ(7): ends with nullptr, and may be nullptr itself.
[[nodiscard]] const char* const* environment() noexcept;

/// The inode number of this process's namespace `kind` ("mnt", "pid", "net"), see namespaces(7);
/// two processes share the namespace when the numbers are equal. Empty without /proc.
/// Allocation-free.
[[nodiscard]] std::optional<std::uint64_t> namespace_inode(const char* kind) noexcept;

/// The path of the running program (/proc/self/exe); "" without /proc. It allocates.
[[nodiscard]] std::string own_program();

/// The absolute path of the working directory; "." when it has none (getcwd(3)). It allocates.
[[nodiscard]] std::string working_directory();

}  // namespace sys
