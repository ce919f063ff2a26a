// SPDX-License-Identifier: MIT
#include "config/draft.hpp"
#include "config/option_values.hpp"

namespace config {
namespace {

void read_control(Reader& reader, const Entry& entry, core::Spec& spec) {
    const auto path = reader.text(entry);
    if (!path) {
        return;
    }
    if (!path->empty() && !path->starts_with('/')) {
        reader.error(entry.value.pos,
                     "'control' must be an absolute path or \"\", got " + quoted(*path));
        return;
    }
    // sockaddr_un holds 108 bytes with the closing NUL (unix(7)).
    if (path->size() > 107) {
        reader.error(entry.value.pos, "the path of a socket has at most 107 bytes");
        return;
    }
    spec.control = *path;
}

constexpr std::array<Handler<core::Spec>, 5> kHandlers{{
    {"shutdown-timeout",
     [](Reader& r, const Entry& e, core::Spec& s) {
         s.shutdown_timeout = r.duration(e, Scope::Container).value_or(s.shutdown_timeout);
     }},
    {"linger",
     [](Reader& r, const Entry& e, core::Spec& s) {
         s.linger = r.duration(e, Scope::Container).value_or(s.linger);
     }},
    {"log-format",
     [](Reader& r, const Entry& e, core::Spec& s) {
         s.log_format = r.choice(e, Scope::Container) == "json" ? core::LogFormat::Json
                                                                : core::LogFormat::Text;
     }},
    {"control", read_control},
    {"reload-on-hup",
     [](Reader& r, const Entry& e, core::Spec& s) { put(s.reloads_on_hup, r.flag(e)); }},
}};
static_assert(covers(kHandlers, Scope::Container));

}  // namespace

void load_container(Reader& reader, const Value& table, core::Spec& spec) {
    read_keys(reader, Scope::Container, table, kHandlers, spec);
}

void override_container(Reader& reader, const Key& key, std::string_view text, SourcePos pos,
                        core::Spec& spec) {
    Value table;
    Value value;
    value.kind = Value::Kind::String;
    value.pos = pos;
    value.string = text;
    // Variables know no types: what the other variables take for a flag is one here as well.
    if (bool flag = false; key.type == Type::Flag && read_flag(text, flag)) {
        value.kind = Value::Kind::Boolean;
        value.boolean = flag;
    }
    table.entries.push_back({std::string{key.name}, pos, std::move(value)});
    read_keys(reader, Scope::Container, table, kHandlers, spec);
}

}  // namespace config
