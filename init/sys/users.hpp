// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// Users and groups out of /etc/passwd and /etc/group by fgetpwent(3): no NSS, which a static
/// binary cannot load. For children and clients: it reads files and allocates.
namespace sys {

struct User {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    /// False for a bare uid without an entry: nothing names a group, and `gid` equals `uid`.
    bool has_group = true;
    std::string name;                   ///< "" for a uid without an entry
    std::string home;                   ///< "" likewise
    std::vector<std::uint32_t> groups;  ///< initgroups(3): `gid` first, then the supplementary ones
};

/// Where to look, for tests.
struct UserFiles {
    std::string passwd = "/etc/passwd";
    std::string group = "/etc/group";
};

/// Looks up "name", "uid", "user:group" or "uid:gid". A number needs no entry; a name that is also
/// a number is the number. With ":group" the group replaces the primary one, and the supplementary
/// groups stay. The error is for people: "no user 'mysqk' in /etc/passwd".
[[nodiscard]] base::Result<User, std::string> lookup_user(std::string_view text,
                                                          const UserFiles& files = {});

}  // namespace sys
