// SPDX-License-Identifier: MIT
#include "runtime/child_directories.hpp"

#include <cerrno>

#include "runtime/child_user.hpp"
#include "sys/files.hpp"

namespace runtime {
namespace {

ChildResult<void> make(const core::ServiceSpec& service, const core::Directory& directory,
                       const std::optional<sys::User>& user) {
    auto owner = find_owner(Stage::Directories, directory.owner, user, "directory", directory.path);
    if (!owner) {
        return base::unexpected<ChildError>{std::move(owner.error())};
    }
    const bool is_old = sys::exists(directory.path);
    if (directory.owner.empty() && is_old) {
        *owner = std::nullopt;
    }
    const auto made = sys::make_directory(directory.path, directory.mode, *owner);
    if (made) {
        return {};
    }
    auto error = creation_error(Stage::Directories, made.error(), "directory", directory.path);
    // Somebody else's directory, as a mount point mostly is: whether the service can work with its
    // mode is for the service to say.
    if (is_old && directory.owner.empty() && made.error().code == EPERM) {
        say(service.name, logging::Severity::Warn, error.text);
        return {};
    }
    return base::unexpected<ChildError>{std::move(error)};
}

}  // namespace

ChildResult<void> make_directories(const core::ServiceSpec& service,
                                   const std::optional<sys::User>& user) {
    for (const auto& directory : service.child.directories) {
        if (auto made = make(service, directory, user); !made) {
            return made;
        }
    }
    return {};
}

}  // namespace runtime
