// SPDX-License-Identifier: MIT
#include "runtime/child_environment.hpp"

#include <algorithm>
#include <array>

#include "config/expand.hpp"
#include "sys/files.hpp"

namespace runtime {
namespace {

// What PID 1 was given for itself; a service must not answer in its place.
constexpr std::array<std::string_view, 7> kOwnVariables{
    "NOTIFY_SOCKET", "LISTEN_PID",    "LISTEN_FDS",    "LISTEN_FDNAMES",
    "WATCHDOG_PID",  "WATCHDOG_USEC", "PIDONE_SERVICE"};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r";
    const auto first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

base::Result<std::string, std::string> unquoted(std::string_view value) {
    if (value.empty() || (value.front() != '"' && value.front() != '\'')) {
        return std::string{value};
    }
    const char quote = value.front();
    std::string result;
    for (std::size_t i = 1; i < value.size(); ++i) {
        if (value[i] == quote) {
            if (i + 1 != value.size()) {
                return base::unexpected<std::string>{"unexpected text after the closing quote"};
            }
            return result;
        }
        const bool is_escape = quote == '"' && value[i] == '\\' && i + 1 < value.size() &&
                               (value[i + 1] == '"' || value[i + 1] == '\\');
        i += is_escape ? 1 : 0;
        result += value[i];
    }
    return base::unexpected<std::string>{"the quote is not closed"};
}

void set_user_variables(VariableTable& variables, const sys::User& user) {
    variables.set("HOME", user.home.empty() ? "/" : user.home);
    if (user.name.empty()) {
        // "root" inherited from PID 1 would be a lie.
        variables.unset("USER");
        variables.unset("LOGNAME");
        return;
    }
    variables.set("USER", user.name);
    variables.set("LOGNAME", user.name);
}

ChildResult<void> add_environment_files(VariableTable& variables, const core::ChildSpec& spec) {
    for (const auto& file : spec.environment_files) {
        const auto text = sys::read_file(file.path, kMaxEnvironmentFile);
        if (!text) {
            if (file.is_optional && !sys::exists(file.path)) {
                continue;
            }
            return fail(Stage::Environment, base::kExitConfig, text.error().code,
                        "environment-file '" + file.path + "' cannot be read");
        }
        auto parsed = parse_environment_file(*text);
        if (!parsed) {
            return fail(Stage::Environment, base::kExitConfig, 0,
                        file.path + ":" + std::to_string(parsed.error().line) + ": " +
                            parsed.error().message);
        }
        for (auto& [name, value] : *parsed) {
            variables.set(name, std::move(value));
        }
    }
    return {};
}

ChildResult<void> add_secret(VariableTable& variables, const std::string& name,
                             const std::string& path) {
    const auto content = sys::read_file(path, kMaxSecret);
    if (!content) {
        return fail(Stage::Environment, base::kExitConfig, content.error().code,
                    "secret '" + name + "' cannot be read from '" + path +
                        "'; list it under 'secrets:' of the container in the compose file");
    }
    auto value = parse_secret(*content);
    if (!value) {
        return fail(Stage::Environment, base::kExitConfig, 0,
                    "secret '" + name + "' in '" + path + "' " + value.error());
    }
    variables.set(name, std::move(*value));
    return {};
}

ChildResult<void> add_secret_from_environment(VariableTable& variables, const std::string& name) {
    const auto file_variable = name + "_FILE";
    const std::string path{variables.get(file_variable).value_or("")};
    variables.unset(file_variable);
    if (path.empty()) {
        return {};
    }
    if (variables.get(name)) {
        return fail(Stage::Environment, base::kExitConfig, 0,
                    "both '" + name + "' and '" + file_variable + "' are set; keep one of them");
    }
    return add_secret(variables, name, path);
}

}  // namespace

VariableTable::VariableTable(const std::vector<std::string>& entries) {
    for (const std::string_view entry : entries) {
        const auto equals = entry.find('=');
        if (equals != std::string_view::npos && !get(entry.substr(0, equals))) {
            variables_.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
        }
    }
}

std::optional<std::string_view> VariableTable::get(std::string_view name) const {
    for (const auto& [known, value] : variables_) {
        if (known == name) {
            return value;
        }
    }
    return std::nullopt;
}

void VariableTable::set(std::string_view name, std::string value) {
    for (auto& [known, old_value] : variables_) {
        if (known == name) {
            old_value = std::move(value);
            return;
        }
    }
    variables_.emplace_back(name, std::move(value));
}

void VariableTable::unset(std::string_view name) {
    std::erase_if(variables_, [name](const auto& variable) { return variable.first == name; });
}

std::vector<std::string> VariableTable::entries() const {
    std::vector<std::string> result;
    result.reserve(variables_.size());
    for (const auto& [name, value] : variables_) {
        auto& entry = result.emplace_back(name);
        entry += '=';
        entry += value;
    }
    return result;
}

base::Result<core::Variables, EnvironmentFileError> parse_environment_file(std::string_view text) {
    core::Variables result;
    const auto wrong = [](int line, std::string message) {
        return base::unexpected<EnvironmentFileError>{
            EnvironmentFileError{.line = line, .message = std::move(message)}};
    };
    for (int number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const auto equals = line.find('=');
        const auto name = trimmed(line.substr(0, equals));
        if (equals == std::string_view::npos || !config::is_variable_name(name)) {
            return wrong(number, "expected NAME=VALUE");
        }
        if (line.find('\0') != std::string_view::npos) {
            return wrong(number, "a NUL byte, which no variable can hold");
        }
        auto value = unquoted(trimmed(line.substr(equals + 1)));
        if (!value) {
            return wrong(number, value.error());
        }
        result.emplace_back(name, std::move(*value));
    }
    return result;
}

base::Result<std::string, std::string> parse_secret(std::string_view content) {
    if (content.ends_with('\n')) {
        content.remove_suffix(1);
    }
    if (content.empty()) {
        return base::unexpected<std::string>{"is empty"};
    }
    if (content.find('\0') != std::string_view::npos) {
        return base::unexpected<std::string>{"holds a NUL byte, which no variable can"};
    }
    return std::string{content};
}

ChildResult<VariableTable> make_environment(const core::ChildSpec& spec,
                                            const std::vector<std::string>& inherited,
                                            const std::optional<sys::User>& user) {
    auto variables = spec.clear_environment ? VariableTable{} : VariableTable{inherited};
    for (const auto name : kOwnVariables) {
        variables.unset(name);
    }
    if (user) {
        set_user_variables(variables, *user);
    }
    if (auto added = add_environment_files(variables, spec); !added) {
        return base::unexpected<ChildError>{std::move(added.error())};
    }
    for (const auto& [name, value] : spec.environment) {
        variables.set(name, value);
    }
    for (const auto& [name, path] : spec.secrets) {
        if (auto added = add_secret(variables, name, path); !added) {
            return base::unexpected<ChildError>{std::move(added.error())};
        }
    }
    for (const auto& name : spec.secrets_from_env) {
        if (auto added = add_secret_from_environment(variables, name); !added) {
            return base::unexpected<ChildError>{std::move(added.error())};
        }
    }
    return variables;
}

}  // namespace runtime
