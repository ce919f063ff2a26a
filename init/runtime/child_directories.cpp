// SPDX-License-Identifier: MIT
#include "runtime/child_directories.hpp"

#include "runtime/child_user.hpp"
#include "sys/files.hpp"

namespace runtime {

ChildResult<void> make_directories(const core::ChildSpec& spec,
                                   const std::optional<sys::User>& user) {
    for (const auto& directory : spec.directories) {
        auto owner =
            find_owner(Stage::Directories, directory.owner, user, "directory", directory.path);
        if (!owner) {
            return base::unexpected<ChildError>{std::move(owner.error())};
        }
        if (directory.owner.empty() && sys::exists(directory.path)) {
            *owner = std::nullopt;
        }
        if (const auto made = sys::make_directory(directory.path, directory.mode, *owner); !made) {
            return base::unexpected<ChildError>{
                creation_error(Stage::Directories, made.error(), "directory", directory.path)};
        }
    }
    return {};
}

}  // namespace runtime
