// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "runtime/child_error.hpp"
#include "sys/files.hpp"
#include "sys/users.hpp"

namespace runtime {

/// Who the service is to run as; empty when `user` is not set. Without a ":group" the group of a
/// user that we already are is the one we have. Reads /etc/passwd and /etc/group.
[[nodiscard]] ChildResult<std::optional<sys::User>> find_user(const std::string& text);

/// Whether this process already has the ids of `user`, so that nothing needs to be changed.
[[nodiscard]] bool is_current_user(const sys::User& user);

/// To whom the file or directory `path` is to belong: `text` when it is set, else the service's
/// `user`, else nobody in particular. `what` begins the message: "directory", "template".
[[nodiscard]] ChildResult<std::optional<sys::Owner>> find_owner(
    Stage stage, const std::string& text, const std::optional<sys::User>& user,
    const std::string& what, const std::string& path);

/// The error of something at `path` that could not be made, with the remedy for its errno.
[[nodiscard]] ChildError creation_error(Stage stage, const base::Errno& error,
                                        const std::string& what, const std::string& path);

}  // namespace runtime
