// SPDX-License-Identifier: MIT
#include "runtime/child_privileges.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "log/log.hpp"
#include "runtime/child_user.hpp"
#include "sys/child_process.hpp"
#include "sys/privileges.hpp"

namespace runtime {
namespace {

constexpr sys::CapabilitySet bit(int number) {
    return sys::CapabilitySet{1} << static_cast<unsigned>(number);
}

// As Compose writes it: "NET_BIND_SERVICE".
std::string compose_name(int number) {
    std::string name{sys::capability_name(number)};
    std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
        return static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    });
    return name;
}

ChildResult<void> apply_limits(const core::ChildSpec& spec) {
    const auto worded = [](std::uint64_t value) {
        return value == UINT64_MAX ? std::string{"max"} : std::to_string(value);
    };
    for (const auto& limit : spec.limits) {
        const auto set = sys::set_limit(limit.resource, limit.soft, limit.hard);
        if (set) {
            continue;
        }
        auto text = "'limits." + limit.key + "' cannot be set to " + worded(limit.hard);
        if (set.error().code == EPERM) {
            text += " without CAP_SYS_RESOURCE; add 'ulimits: {" + limit.key + ": " +
                    (limit.hard == UINT64_MAX ? "-1" : worded(limit.hard)) +
                    "}' or 'cap_add: [SYS_RESOURCE]' to the compose file";
        }
        return fail(Stage::Limits, base::kExitSystem, set.error().code, std::move(text));
    }
    return {};
}

void apply_comfort(const core::ServiceSpec& service, Role role) {
    const auto warn = [&](std::string_view key, const base::Errno& error) {
        if (role == Role::Service) {
            say(service.name, logging::Severity::Warn,
                "'" + std::string{key} + "' was not applied: " + logging::error_text(error.code));
        }
    };
    const auto& security = service.child.security;
    if (security.oom_score_adj) {
        if (const auto set = sys::set_oom_score_adj(*security.oom_score_adj); !set) {
            warn("oom-score-adj", set.error());
        }
    }
    if (security.nice) {
        if (const auto set = sys::set_nice(*security.nice); !set) {
            warn("nice", set.error());
        }
    }
}

ChildResult<sys::CapabilitySet> wanted_capabilities(const core::Security& security) {
    sys::CapabilitySet wanted = 0;
    const auto permitted = sys::read_capabilities().permitted;
    for (const auto& name : *security.capabilities) {
        const auto number = sys::parse_capability(name);
        if (!number) {
            return fail(Stage::Privileges, base::kExitConfig, 0,
                        "'capabilities': there is no capability '" + name + "'");
        }
        if ((permitted & bit(*number)) == 0) {
            auto text = "'capabilities' needs " + compose_name(*number) +
                        ", which this container does not have; add 'cap_add: [" +
                        compose_name(*number) + "]' to the compose file";
            if (sys::own_uid() != 0) {
                text += ", without 'user:' there, because docker gives capabilities to root alone";
            }
            return fail(Stage::Privileges, base::kExitSystem, EPERM, std::move(text));
        }
        wanted |= bit(*number);
    }
    return wanted;
}

// Root and every set-uid program take capabilities from the bounding set at execve. A rest that
// cannot be dropped (no CAP_SETPCAP) gives away nothing only where no program can gain privileges.
ChildResult<void> shrink_bounding_set(const core::Security& security, sys::CapabilitySet wanted,
                                      bool runs_as_root) {
    const auto dropped = sys::drop_bounding_set(wanted);
    const bool cannot_gain = security.no_new_privileges || sys::has_no_new_privileges();
    if (dropped || (cannot_gain && !runs_as_root)) {
        return {};
    }
    return fail(Stage::Privileges, base::kExitSystem, dropped.error().code,
                std::string{"'capabilities' needs SETPCAP to take capabilities from "} +
                    (runs_as_root ? "root" : "set-uid programs, or 'no-new-privileges = true'") +
                    "; add 'cap_add: [SETPCAP]' to the compose file, or 'cap_drop: [ALL]' with "
                    "only those of the list");
}

ChildError user_error(const base::Errno& error, const sys::User& user) {
    const auto ids = std::to_string(user.uid) + ":" + std::to_string(user.gid);
    ChildError result{.stage = Stage::Privileges,
                      .error_number = error.code,
                      .text = "'user' cannot be changed to " + ids};
    if (error.code == EPERM) {
        result.text +=
            " without CAP_SETUID and CAP_SETGID; add 'cap_add: [SETUID, SETGID]' or 'user: \"" +
            ids + "\"' to the compose file";
    }
    return result;
}

base::Result<void> change_ids(const sys::User& user, bool keeps_capabilities) {
    // The group first: it counts as one of those that set_groups() finds held already.
    auto result = sys::set_gid(user.gid);
    if (result) {
        result = sys::set_groups(user.groups);
    }
    if (result && keeps_capabilities) {
        result = sys::keep_capabilities();
    }
    if (result) {
        result = sys::set_uid(user.uid);
    }
    return result;
}

ChildResult<void> drop_privileges(const core::ChildSpec& spec,
                                  const std::optional<sys::User>& user) {
    const auto& security = spec.security;
    const bool is_limited = security.capabilities.has_value();
    const auto uid = user ? user->uid : sys::own_uid();
    sys::CapabilitySet wanted = 0;
    if (is_limited) {
        const auto set = wanted_capabilities(security);
        if (!set) {
            return base::unexpected<ChildError>{set.error()};
        }
        wanted = *set;
        if (auto shrunk = shrink_bounding_set(security, wanted, uid == 0); !shrunk) {
            return shrunk;
        }
    }
    if (user && !is_current_user(*user)) {
        if (const auto changed = change_ids(*user, wanted != 0); !changed) {
            return base::unexpected<ChildError>{user_error(changed.error(), *user)};
        }
    }
    if (is_limited) {
        if (const auto set = sys::set_capabilities(wanted); !set) {
            return fail(Stage::Privileges, base::kExitSystem, set.error().code,
                        "'capabilities' cannot be kept for uid " + std::to_string(uid));
        }
    }
    return {};
}

ChildResult<void> enter_directory(const core::ChildSpec& spec, Role role) {
    if (spec.working_directory.empty()) {
        return {};
    }
    const auto changed = sys::change_directory(spec.working_directory);
    if (changed || (role == Role::Helper && changed.error().code == ENOENT)) {
        return {};
    }
    return fail(Stage::WorkingDirectory, base::kExitSystem, changed.error().code,
                "'working-directory' '" + spec.working_directory + "' cannot be entered");
}

}  // namespace

ChildResult<void> become_service(const core::ServiceSpec& service,
                                 const std::optional<sys::User>& user, Role role) {
    const auto& spec = service.child;
    if (auto limited = apply_limits(spec); !limited) {
        return limited;
    }
    apply_comfort(service, role);
    if (spec.umask) {
        sys::set_umask(*spec.umask);
    }
    if (auto dropped = drop_privileges(spec, user); !dropped) {
        return dropped;
    }
    if (auto entered = enter_directory(spec, role); !entered) {
        return entered;
    }
    if (spec.security.no_new_privileges) {
        if (const auto set = sys::set_no_new_privileges(); !set) {
            return fail(Stage::Privileges, base::kExitSystem, set.error().code,
                        "'no-new-privileges' cannot be set; it needs Linux 3.5");
        }
    }
    return {};
}

}  // namespace runtime
