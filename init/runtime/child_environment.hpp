// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/environment.hpp"
#include "core/spec.hpp"
#include "runtime/child_error.hpp"
#include "sys/users.hpp"

namespace runtime {

/// The longest secret in bytes: execve(2) takes no single string beyond MAX_ARG_STRLEN.
inline constexpr std::size_t kMaxSecret = 128 * 1024;

/// The longest environment file in bytes.
inline constexpr std::size_t kMaxEnvironmentFile = 1024 * 1024;

/// The variables of one service while they are put together; also what its templates may name.
class VariableTable final : public config::Environment {
  public:
    VariableTable() = default;
    /// Takes "NAME=value" entries over; one without "=" is dropped, of two the first one counts, as
    /// for getenv(3).
    explicit VariableTable(const std::vector<std::string>& entries);

    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override;
    void set(std::string_view name, std::string value);
    void unset(std::string_view name);

    /// "NAME=value" for execve(2).
    [[nodiscard]] std::vector<std::string> entries() const;

  private:
    core::Variables variables_;
};

/// A line of an environment file that is none; lines count from 1.
struct EnvironmentFileError {
    int line = 1;
    std::string message;
};

/// Reads an environment file: NAME=VALUE lines; blank lines and lines that start with "#" are
/// skipped; blanks around the name and the value do not count. '...' holds its text literally,
/// "..." knows \" and \\; without quotes the value is the rest of the line as it is.
[[nodiscard]] base::Result<core::Variables, EnvironmentFileError> parse_environment_file(
    std::string_view text);

/// The value of a secret out of the content of its file: one newline at the end does not belong to
/// it. The error is the end of the sentence "secret 'X' in '/path' ...".
[[nodiscard]] base::Result<std::string, std::string> parse_secret(std::string_view content);

/// Puts the environment of a service together: `inherited` ("NAME=value") unless it starts empty,
/// HOME, USER and LOGNAME of `user` when there is one, environment files, environment, secrets. Of
/// what PID 1 got for itself (NOTIFY_SOCKET, LISTEN_*, WATCHDOG_*) nothing is handed on. Reads
/// files.
[[nodiscard]] ChildResult<VariableTable> make_environment(const core::ChildSpec& spec,
                                                          const std::vector<std::string>& inherited,
                                                          const std::optional<sys::User>& user);

}  // namespace runtime
