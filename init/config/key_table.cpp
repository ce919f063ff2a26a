// SPDX-License-Identifier: MIT
#include "config/key_table.hpp"

#include "base/duration.hpp"
#include "config/keys.hpp"

namespace config {

std::span<const Key> all_keys() {
    return kKeys;
}

const Key* find_key(Scope scope, std::string_view name) {
    for (const auto& key : kKeys) {
        if (key.scope == scope && key.name == name) {
            return &key;
        }
    }
    return nullptr;
}

std::string description(const Key& key) {
    std::string text{key.doc};
    if (key.type == Type::Duration && key.low > 0) {
        text += " At least " + base::to_string(base::Duration{key.low}) + ".";
    }
    if (!key.variable.empty()) {
        text += " " + std::string{key.variable} + " overrides it.";
    }
    return text;
}

std::vector<std::string_view> key_names(Scope scope) {
    std::vector<std::string_view> names;
    for (const auto& key : kKeys) {
        if (key.scope == scope) {
            names.push_back(key.name);
        }
    }
    return names;
}

std::string_view scope_name(Scope scope) {
    switch (scope) {
    case Scope::Service:
        return "";
    case Scope::BeforeStop:
        return "before-stop";
    case Scope::Ready:
        return "ready";
    case Scope::WaitFor:
        return "wait-for";
    case Scope::Directory:
        return "directories";
    case Scope::Limit:
        return "a limit";
    case Scope::Restart:
        return "[restart-policy]";
    case Scope::Health:
        return "[health]";
    case Scope::HealthProbe:
        return "probe";
    case Scope::Listen:
        return "listen";
    case Scope::Log:
        return "[log]";
    case Scope::Rotate:
        return "rotate";
    case Scope::Limits:
        return "[limits]";
    case Scope::Security:
        return "[security]";
    case Scope::Template:
        return "[[template]]";
    case Scope::Setup:
        return "[[setup]]";
    case Scope::Container:
        return "pidone.toml";
    }
    return "";
}

std::string_view expected(Type type) {
    switch (type) {
    case Type::Text:
        return "a string";
    case Type::Path:
        return "an absolute path";
    case Type::Choice:
        return "a string";
    case Type::Flag:
        return "true or false";
    case Type::Number:
        return "an integer";
    case Type::Numbers:
        return "an array of integers like [0, 3]";
    case Type::Fraction:
        return "a number from 0 to 1 like 0.1";
    case Type::Size:
        return "a size like \"64KiB\"";
    case Type::Duration:
        return "a duration like \"10s\"";
    case Type::Mode:
        return "an octal string like \"0755\"";
    case Type::User:
        return "\"name\", \"uid\", \"user:group\" or \"uid:gid\"";
    case Type::Signal:
        return "a signal's name like \"TERM\"";
    case Type::Command:
        return "an array of strings like [\"/usr/sbin/nginx\", \"-g\", \"daemon off;\"]";
    case Type::Names:
        return "an array of strings";
    case Type::Variables:
        return "a table of strings like { NAME = \"value\" }";
    case Type::SignalTable:
        return "a table of signal names like { USR1 = \"USR1\" }";
    case Type::LimitValue:
        return "an integer from 0, \"max\" or { soft = .., hard = .. }";
    case Type::Amount:
        return "an integer from 0 or \"max\"";
    case Type::Endpoints:
        return "an array of URLs like [\"tcp://mariadb:3306\"]";
    case Type::Readiness:
        return "\"notify\", \"fd:N\", a URL or { exec = [..] }";
    case Type::Probe:
        return "a URL or { exec = [..] }";
    case Type::Sockets:
        return "an array of URLs like [\"tcp://0.0.0.0:80\"]";
    case Type::Instances:
        return "an integer from 1 to 64 or an array of names";
    case Type::Schedule:
        return "a string like \"every 6h\" or \"0 3 * * *\"";
    case Type::Table:
        return "a table";
    case Type::Tables:
        return "an array of tables";
    }
    return "";
}

}  // namespace config
