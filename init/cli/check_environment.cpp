// SPDX-License-Identifier: MIT
#include "cli/check_environment.hpp"

#include "log/log.hpp"
#include "sys/environment.hpp"
#include "sys/files.hpp"
#include "sys/users.hpp"

namespace cli {
namespace {

std::string quoted(const std::string& text) {
    return "'" + text + "'";
}

void add_user(const std::string& user, KnownNames& known) {
    if (user.empty()) {
        return;
    }
    known.variables.set("HOME", "");
    const auto found = sys::lookup_user(user);
    for (const auto* name : {"USER", "LOGNAME"}) {
        if (found && found->name.empty()) {
            known.variables.unset(name);
        } else {
            known.variables.set(name, "");
        }
    }
}

/// That a file is missing is said elsewhere.
void add_file(const std::string& path, config::SourcePos pos, KnownNames& known,
              WorldComplaints& complaints) {
    const auto text = sys::read_file(path, runtime::kMaxEnvironmentFile);
    if (!text) {
        known.is_complete = false;
        return;
    }
    auto parsed = runtime::parse_environment_file(*text);
    if (!parsed) {
        known.is_complete = false;
        complaints.absent(
            pos, path + ":" + std::to_string(parsed.error().line) + ": " + parsed.error().message);
        return;
    }
    for (auto& [name, value] : *parsed) {
        known.variables.set(name, std::move(value));
    }
}

void add_secret(const std::string& name, const std::string& path, config::SourcePos pos,
                KnownNames& known, WorldComplaints& complaints) {
    known.variables.set(name, "");
    const auto content = sys::read_file(path, runtime::kMaxSecret);
    if (!content) {
        complaints.absent(pos,
                          "secret " + quoted(name) + " in " + quoted(path) + ": " +
                              logging::error_text(content.error().code),
                          "list it under 'secrets:' of the container in the compose file");
    } else if (const auto value = runtime::parse_secret(*content); !value) {
        complaints.absent(pos,
                          "secret " + quoted(name) + " in " + quoted(path) + " " + value.error());
    }
}

void add_secret_from_environment(const std::string& name, config::SourcePos pos, KnownNames& known,
                                 WorldComplaints& complaints) {
    const auto variable = name + "_FILE";
    const std::string path{known.variables.get(variable).value_or("")};
    known.variables.unset(variable);
    if (path.empty()) {
        return;
    }
    if (known.variables.get(name)) {
        complaints.absent(pos, "both " + quoted(name) + " and " + quoted(variable) +
                                   " are set; keep one of them");
        return;
    }
    add_secret(name, path, pos, known, complaints);
}

}  // namespace

KnownNames check_environment(const core::ChildSpec& spec, const config::ServiceOrigin& origin,
                             WorldComplaints& complaints) {
    KnownNames known;
    if (!spec.clear_environment) {
        known.variables = runtime::VariableTable{sys::environment_entries()};
    }
    add_user(spec.user, known);
    for (std::size_t i = 0; i < spec.environment_files.size(); ++i) {
        add_file(spec.environment_files[i].path, origin.environment_files[i], known, complaints);
    }
    for (const auto& [name, value] : spec.environment) {
        known.variables.set(name, value);
    }
    for (std::size_t i = 0; i < spec.secrets.size(); ++i) {
        add_secret(spec.secrets[i].first, spec.secrets[i].second, origin.secrets[i], known,
                   complaints);
    }
    for (std::size_t i = 0; i < spec.secrets_from_env.size(); ++i) {
        add_secret_from_environment(spec.secrets_from_env[i], origin.secrets_from_env[i], known,
                                    complaints);
    }
    return known;
}

}  // namespace cli
