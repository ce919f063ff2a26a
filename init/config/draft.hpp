// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/reader.hpp"
#include "core/spec.hpp"

namespace config {

/// Another service as one names it, before all names are known.
struct NameRef {
    std::string name;
    SourcePos pos;
};

/// A service while it is being loaded.
struct ServiceDraft {
    core::ServiceSpec spec;
    ServiceOrigin origin;
    std::vector<NameRef> requires_;
    std::vector<NameRef> after;
    std::optional<bool> essential;
};

/// Reads all keys of one service and checks them against each other.
void load_service(Reader& reader, const Value& table, ServiceDraft& draft);

/// Reads pidone.toml (an empty table when there is none).
void load_container(Reader& reader, const Value& table, core::Spec& spec);
/// Applies one PIDONE_* variable as if it stood in pidone.toml; `pos` is a source of its own.
void override_container(Reader& reader, const Key& key, std::string_view text, SourcePos pos,
                        core::Spec& spec);

/// Resolves `requires` and `after` of every draft, and complains about unknown names, a service
/// that names itself or a disabled one, and cycles.
void check_graph(Reader& reader, std::span<ServiceDraft> drafts);

// Keys with a structure of their own.
void read_directories(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_wait_for(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_ready(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_before_stop(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_signals(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_limits(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_security(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_templates(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_setup(Reader& reader, const Entry& entry, ServiceDraft& draft);

/// Calls `read` for each table of an array of tables; complains when it is none.
template <class Read>
void for_each_table(Reader& reader, const Entry& entry, Read read) {
    if (entry.value.kind != Value::Kind::Array) {
        reader.wrong_type(entry, Type::Tables);
        return;
    }
    for (const auto& item : entry.value.items) {
        if (item.kind == Value::Kind::Table) {
            read(item);
        } else {
            reader.wrong_type(entry.key, item, Type::Table);
        }
    }
}

/// Complains that `table` lacks `key`.
void missing_key(Reader& reader, const Value& table, std::string_view key, Scope scope);

}  // namespace config
