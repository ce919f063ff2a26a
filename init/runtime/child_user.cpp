// SPDX-License-Identifier: MIT
#include "runtime/child_user.hpp"

#include <cerrno>
#include <string_view>

#include "sys/privileges.hpp"

namespace runtime {

ChildResult<std::optional<sys::User>> find_user(const std::string& text) {
    if (text.empty()) {
        return std::nullopt;
    }
    auto user = sys::lookup_user(text);
    if (!user) {
        return fail(Stage::User, base::kExitConfig, 0, "'user': " + user.error());
    }
    // Under `user: "100:33"` of Compose we already are uid 100, and unless the key names a group,
    // the one that was given there is the one that was meant.
    if (user->uid == sys::own_uid() && text.find(':') == std::string::npos) {
        user->gid = sys::own_gid();
        user->groups = {user->gid};
    }
    return *user;
}

bool is_current_user(const sys::User& user) {
    return user.uid == sys::own_uid() && user.gid == sys::own_gid();
}

ChildResult<std::optional<sys::Owner>> find_owner(Stage stage, const std::string& text,
                                                  const std::optional<sys::User>& user,
                                                  const std::string& what,
                                                  const std::string& path) {
    if (!text.empty()) {
        const auto owner = sys::lookup_user(text);
        if (!owner) {
            return fail(stage, base::kExitConfig, 0,
                        "'owner' of " + what + " '" + path + "': " + owner.error());
        }
        return sys::Owner{.uid = owner->uid, .gid = owner->gid};
    }
    if (user && !is_current_user(*user)) {
        return sys::Owner{.uid = user->uid, .gid = user->gid};
    }
    return std::nullopt;
}

ChildError creation_error(Stage stage, const base::Errno& error, const std::string& what,
                          const std::string& path) {
    const auto name = what + " '" + path + "'";
    ChildError result{.stage = stage, .error_number = error.code, .text = name + " cannot be made"};
    const std::string_view op = error.op;
    if (error == sys::kForeignLink) {
        result.error_number = 0;
        result.text += ": '" + sys::foreign_link(path) +
                       "' is a symbolic link that belongs to somebody else than root, or its "
                       "directory does: refused";
    } else if (error.code == EPERM && op.find("chown") != std::string_view::npos) {
        result.text = "'owner' of " + name +
                      " cannot be set without CAP_CHOWN; add 'cap_add: [CHOWN]' to the compose "
                      "file, or mount it with that owner there";
    } else if (error.code == EPERM && op.find("chmod") != std::string_view::npos) {
        result.text = "'mode' of " + name +
                      " cannot be set because it belongs to somebody else; change its owner, or "
                      "add 'cap_add: [FOWNER]' to the compose file";
    } else if (error.code == EROFS || error.code == EACCES) {
        result.text += "; mount a volume or a tmpfs there that uid " +
                       std::to_string(sys::own_uid()) + " may write to";
    } else if (error.code == ENOTDIR || error.code == EEXIST) {
        result.text += " because something in its path is a file";
    } else if (error.code == ELOOP) {
        result.text += " because it is a symlink; name what it points to";
    } else if (error.code == ENOENT && stage != Stage::Directories) {
        result.text += "; add its directory to 'directories'";
    } else if (error.code == EBUSY) {
        result.text += " because it is a mount point; mount the directory around it instead";
    }
    return result;
}

}  // namespace runtime
