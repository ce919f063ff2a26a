// SPDX-License-Identifier: MIT
#include <algorithm>

#include "config/draft.hpp"
#include "config/expand.hpp"

namespace config {
namespace {

using Draft = ServiceDraft;

void read_variables(Reader& reader, const Entry& entry, core::Variables& variables,
                    std::vector<SourcePos>* origins) {
    if (entry.value.kind != Value::Kind::Table) {
        reader.wrong_type(entry, Type::Variables);
        return;
    }
    for (const auto& variable : entry.value.entries) {
        if (!is_variable_name(variable.key)) {
            reader.error(variable.key_pos, quoted(variable.key) + " is no variable name",
                         "use letters, digits and '_'");
            continue;
        }
        auto text = origins == nullptr ? reader.text(variable) : reader.path(variable);
        if (text) {
            variables.emplace_back(variable.key, *std::move(text));
            if (origins != nullptr) {
                origins->push_back(variable.value.pos);
            }
        }
    }
}

void read_environment_files(Reader& reader, const Entry& entry, Draft& draft) {
    reader.each_name(entry, [&](const std::string& word, SourcePos pos) {
        const bool is_optional = word.starts_with('-');
        core::EnvironmentFile file{is_optional ? word.substr(1) : word, is_optional};
        if (!file.path.starts_with('/')) {
            reader.error(pos, "'environment-file' must hold absolute paths, got " + quoted(word));
            return;
        }
        draft.spec.child.environment_files.push_back(std::move(file));
        draft.origin.environment_files.push_back(pos);
    });
}

void read_secrets_from_env(Reader& reader, const Entry& entry, Draft& draft) {
    reader.each_name(entry, [&](std::string name, SourcePos pos) {
        if (is_variable_name(name)) {
            draft.spec.child.secrets_from_env.push_back(std::move(name));
            draft.origin.secrets_from_env.push_back(pos);
        } else {
            reader.error(pos, quoted(name) + " is no variable name", "use letters, digits and '_'");
        }
    });
}

void read_names(Reader& reader, const Entry& entry, std::vector<NameRef>& references) {
    reader.each_name(entry, [&](std::string name, SourcePos pos) {
        references.push_back({std::move(name), pos});
    });
}

void read_success_codes(Reader& reader, const Entry& entry, Draft& draft) {
    if (entry.value.kind != Value::Kind::Array) {
        reader.wrong_type(entry, Type::Numbers);
        return;
    }
    draft.spec.success_codes.clear();
    for (const auto& item : entry.value.items) {
        if (const auto code = reader.number({entry.key, entry.key_pos, item}, Scope::Service)) {
            draft.spec.success_codes.push_back(*code);
        }
    }
}

void read_stop_signal(Reader& reader, const Entry& entry, Draft& draft) {
    const auto signal = reader.signal(entry);
    if (signal == base::kSigStop || signal == base::kSigCont || signal == base::kSigChld) {
        reader.error(entry.value.pos, "'stop-signal' cannot be " + base::to_string(*signal) +
                                          ", it ends no process");
        return;
    }
    put(draft.spec.stop_signal, signal);
}

void read_reload_signal(Reader& reader, const Entry& entry, Draft& draft) {
    const auto signal = reader.signal(entry);
    if (signal == base::kSigKill || signal == base::kSigStop || signal == base::kSigChld) {
        reader.error(entry.value.pos, "'reload-signal' cannot be " + base::to_string(*signal) +
                                          ", no process reads its settings at it");
        return;
    }
    put(draft.spec.reload_signal, signal);
}

void read_command(Reader& reader, const Entry& entry, Draft& draft) {
    put(draft.spec.command, reader.command(entry));
    draft.origin.command = entry.value.pos;
}

void read_user(Reader& reader, const Entry& entry, Draft& draft) {
    put(draft.spec.child.user, reader.user(entry));
    draft.origin.user = entry.value.pos;
}

void read_working_directory(Reader& reader, const Entry& entry, Draft& draft) {
    put(draft.spec.child.working_directory, reader.path(entry));
    draft.origin.working_directory = entry.value.pos;
}

constexpr std::array<Handler<Draft>, 41> kHandlers{{
    {"description",
     [](Reader& r, const Entry& e, Draft& d) { put(d.spec.description, r.text(e)); }},
    {"command", read_command},
    {"type",
     [](Reader& r, const Entry& e, Draft& d) {
         d.spec.type = r.choice(e, Scope::Service) == "oneshot" ? core::ServiceType::Oneshot
                                                                : core::ServiceType::Service;
     }},
    {"user", read_user},
    {"working-directory", read_working_directory},
    {"umask", [](Reader& r, const Entry& e, Draft& d) { put(d.spec.child.umask, r.mode(e)); }},
    {"environment", [](Reader& r, const Entry& e,
                       Draft& d) { read_variables(r, e, d.spec.child.environment, nullptr); }},
    {"clear-environment",
     [](Reader& r, const Entry& e, Draft& d) { put(d.spec.child.clear_environment, r.flag(e)); }},
    {"environment-file", read_environment_files},
    {"secrets", [](Reader& r, const Entry& e,
                   Draft& d) { read_variables(r, e, d.spec.child.secrets, &d.origin.secrets); }},
    {"secrets-from-env", read_secrets_from_env},
    {"directories", read_directories},
    {"requires", [](Reader& r, const Entry& e, Draft& d) { read_names(r, e, d.requires_); }},
    {"after", [](Reader& r, const Entry& e, Draft& d) { read_names(r, e, d.after); }},
    {"wait-for", read_wait_for},
    {"ready", read_ready},
    {"ready-timeout", [](Reader& r, const Entry& e,
                         Draft& d) { put(d.spec.ready.timeout, r.duration(e, Scope::Service)); }},
    {"notify-access",
     [](Reader& r, const Entry& e, Draft& d) {
         d.spec.notify_access = r.choice(e, Scope::Service) == "all" ? core::NotifyAccess::All
                                                                     : core::NotifyAccess::Main;
     }},
    {"essential", [](Reader& r, const Entry& e, Draft& d) { put(d.essential, r.flag(e)); }},
    {"success-codes", read_success_codes},
    {"unexpected-exit-code",
     [](Reader& r, const Entry& e, Draft& d) {
         put(d.spec.unexpected_exit_code, r.number(e, Scope::Service));
     }},
    {"stop-signal", read_stop_signal},
    {"stop-timeout", [](Reader& r, const Entry& e,
                        Draft& d) { put(d.spec.stop_timeout, r.duration(e, Scope::Service)); }},
    {"kill-mode",
     [](Reader& r, const Entry& e, Draft& d) {
         d.spec.kill_mode =
             r.choice(e, Scope::Service) == "group" ? core::KillMode::Group : core::KillMode::Mixed;
     }},
    {"before-stop", read_before_stop},
    {"signals", read_signals},
    {"reload-signal", read_reload_signal},
    {"restart", read_restart},
    {"watchdog", [](Reader& r, const Entry& e,
                    Draft& d) { put(d.spec.watchdog, r.duration(e, Scope::Service)); }},
    {"listen", read_listen},
    // It was read before everything else, see read_instances().
    {"instances", [](Reader&, const Entry&, Draft&) {}},
    {"schedule", read_schedule},
    {"timezone", read_timezone},
    {"restart-policy", read_restart_policy},
    {"health", read_health},
    {"log", read_log},
    {"enabled", [](Reader& r, const Entry& e, Draft& d) { put(d.spec.is_enabled, r.flag(e)); }},
    {"limits", read_limits},
    {"security", read_security},
    {"template", read_templates},
    {"setup", read_setup},
}};
static_assert(covers(kHandlers, Scope::Service), "each key of the table has one handler");

/// One variable must come from one place only.
void check_variables(Reader& reader, const Value& table, const core::ChildSpec& child) {
    const auto has = [](const core::Variables& variables, const std::string& name) {
        return std::any_of(variables.begin(), variables.end(),
                           [&](const auto& variable) { return variable.first == name; });
    };
    if (const auto* secrets = find_entry(table, "secrets")) {
        for (const auto& secret : secrets->value.entries) {
            if (has(child.environment, secret.key)) {
                reader.error(secret.key_pos,
                             quoted(secret.key) + " is in both 'environment' and 'secrets'");
            }
        }
    }
    if (const auto* names = find_entry(table, "secrets-from-env")) {
        for (const auto& item : names->value.items) {
            const bool is_secret = has(child.secrets, item.string);
            if (is_secret || has(child.environment, item.string)) {
                reader.error(item.pos, quoted(item.string) + " is in both '" +
                                           (is_secret ? "secrets" : "environment") +
                                           "' and 'secrets-from-env'");
            }
        }
    }
}

void check_readiness(Reader& reader, const Value& table, const core::ServiceSpec& spec) {
    const bool is_oneshot = spec.type == core::ServiceType::Oneshot;
    const auto* ready = find_entry(table, "ready");
    if (ready != nullptr && is_oneshot) {
        reader.error(ready->key_pos, "'ready' goes with type \"service\" only",
                     "a oneshot is ready when it has ended with success");
    }
    const auto* timeout = find_entry(table, "ready-timeout");
    if (timeout != nullptr && ready == nullptr && !is_oneshot) {
        reader.error(timeout->key_pos, "'ready-timeout' needs 'ready'",
                     "without it the service is ready once executed");
    }
    const auto* access = find_entry(table, "notify-access");
    if (access != nullptr && spec.ready.kind != core::Readiness::Kind::Notify && !spec.watchdog) {
        reader.error(access->key_pos, "'notify-access' needs ready = \"notify\" or 'watchdog'");
    }
    const int first_free = 3 + static_cast<int>(spec.listen.size());
    if (ready != nullptr && spec.ready.kind == core::Readiness::Kind::Descriptor &&
        spec.ready.descriptor >= 3 && spec.ready.descriptor < first_free) {
        reader.error(ready->value.pos,
                     "the sockets of 'listen' are 3 and up, so " +
                         quoted("fd:" + std::to_string(spec.ready.descriptor)) + " is one of them",
                     "take fd:" + std::to_string(first_free) + " or higher");
    }
}

}  // namespace

void check_complete(Reader& reader, const Value& table, Scope scope) {
    for (const auto& key : all_keys()) {
        if (key.scope == scope && key.is_required && find_entry(table, key.name) == nullptr) {
            reader.error(table.pos,
                         quoted(key.name) + " is missing in " + std::string{scope_name(scope)});
        }
    }
}

void wrong_item(Reader& reader, const Entry& entry, const Value& item, Scope scope) {
    std::string form;
    for (const auto& key : all_keys()) {
        if (key.scope == scope && key.is_required) {
            form += (form.empty() ? "{ " : ", ") + std::string{key.name} + " = ..";
        }
    }
    reader.error(item.pos, quoted(entry.key) + " must hold tables like " + form + " }, got " +
                               reader.describe(item));
}

void load_service(Reader& reader, const Value& table, ServiceDraft& draft) {
    read_keys(reader, Scope::Service, table, kHandlers, draft);
    if (find_entry(table, "command") == nullptr) {
        reader.error({table.pos.file, 0, 0, 1}, "'command' is missing",
                     "it names the program, like command = [\"/usr/sbin/nginx\"]");
    }
    draft.spec.is_essential =
        draft.essential.value_or(draft.spec.type == core::ServiceType::Service);
    check_variables(reader, table, draft.spec.child);
    check_readiness(reader, table, draft.spec);
    check_supervision(reader, table, draft);
    check_schedule(reader, table, draft);
}

}  // namespace config
