// SPDX-License-Identifier: MIT
#include "sys/users.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>

namespace sys {
namespace {

struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

File open_file(const std::string& path) {
    return File{std::fopen(path.c_str(), "re")};
}

std::optional<std::uint32_t> parse_id(std::string_view text) {
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    // The highest number is what setuid(2) and chown(2) read as "leave it".
    if (error != std::errc{} || end != text.data() + text.size() || id == 0xffffffff) {
        return std::nullopt;
    }
    return id;
}

// fgetpwent and fgetgrent read one format and need no name service; each call overwrites the last
// entry, so what is needed is copied out.
std::optional<User> find_user(std::string_view name, std::optional<std::uint32_t> uid,
                              const std::string& path) {
    const File file = open_file(path);
    while (const passwd* entry = file ? ::fgetpwent(file.get()) : nullptr) {
        if (uid ? entry->pw_uid == *uid : name == entry->pw_name) {
            User user;
            user.uid = entry->pw_uid;
            user.gid = entry->pw_gid;
            user.name = entry->pw_name;
            user.home = entry->pw_dir;
            return user;
        }
    }
    return std::nullopt;
}

std::optional<std::uint32_t> find_group(std::string_view name, const std::string& path) {
    const File file = open_file(path);
    while (const group* entry = file ? ::fgetgrent(file.get()) : nullptr) {
        if (name == entry->gr_name) {
            return entry->gr_gid;
        }
    }
    return std::nullopt;
}

bool has_member(const group& entry, const std::string& name) {
    for (char** member = entry.gr_mem; *member != nullptr; ++member) {
        if (name == *member) {
            return true;
        }
    }
    return false;
}

void fill_groups(User& user, const std::string& path) {
    user.groups = {user.gid};
    if (user.name.empty()) {
        return;
    }
    const File file = open_file(path);
    while (const group* entry = file ? ::fgetgrent(file.get()) : nullptr) {
        const bool is_new =
            std::find(user.groups.begin(), user.groups.end(), entry->gr_gid) == user.groups.end();
        if (is_new && has_member(*entry, user.name)) {
            user.groups.push_back(entry->gr_gid);
        }
    }
}

std::string quoted(std::string_view text) {
    return "'" + std::string{text} + "'";
}

}  // namespace

base::Result<User, std::string> lookup_user(std::string_view text, const UserFiles& files) {
    const auto colon = text.find(':');
    const auto name = text.substr(0, colon);
    if (name.empty()) {
        return base::unexpected{"expected a user, a uid, user:group or uid:gid, got " +
                                quoted(text)};
    }
    const auto uid = parse_id(name);
    auto user = find_user(name, uid, files.passwd);
    if (!user && !uid) {
        return base::unexpected{"no user " + quoted(name) + " in " + files.passwd};
    }
    if (!user) {
        user.emplace();
        user->uid = *uid;
        user->gid = *uid;
        user->has_group = false;
    }
    if (colon != std::string_view::npos) {
        const auto group_name = text.substr(colon + 1);
        auto gid = parse_id(group_name);
        if (!gid) {
            gid = find_group(group_name, files.group);
        }
        if (!gid) {
            return base::unexpected{"no group " + quoted(group_name) + " in " + files.group};
        }
        user->gid = *gid;
        user->has_group = true;
    }
    fill_groups(*user, files.group);
    return std::move(*user);
}

}  // namespace sys
