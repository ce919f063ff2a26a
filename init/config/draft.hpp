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
    std::optional<SourcePos> hangup;  ///< of a signal that HUP is handed on as
};

/// Reads all keys of one service and checks them against each other.
void load_service(Reader& reader, const Value& table, ServiceDraft& draft);

/// Reads pidone.toml (an empty table when there is none).
void load_container(Reader& reader, const Value& table, core::Spec& spec);
/// Applies one PIDONE_* variable as if it stood in pidone.toml; `pos` is a source of its own.
void override_container(Reader& reader, const Key& key, std::string_view text, SourcePos pos,
                        core::Spec& spec);

/// The names behind the '@' that `instances` asks for: one "" without that key, and also after a
/// complaint about it.
[[nodiscard]] std::vector<std::string> read_instances(Reader& reader, const Value& table);

/// Complains about an address that two services, or one twice, are to listen on.
void check_addresses(Reader& reader, std::span<const ServiceDraft> drafts);

/// Complains about a log file of two services, which would rotate it away from each other.
void check_log_files(Reader& reader, std::span<const ServiceDraft> drafts);

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
void read_restart(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_restart_policy(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_health(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_listen(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_schedule(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_timezone(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_log(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_templates(Reader& reader, const Entry& entry, ServiceDraft& draft);
void read_setup(Reader& reader, const Entry& entry, ServiceDraft& draft);

/// Reads `url` into `endpoint`, or complains.
bool read_endpoint(Reader& reader, const Entry& entry, const Value& value, std::string_view url,
                   core::Endpoint& endpoint);

// What the keys of one service mean together, once all are read.
void check_supervision(Reader& reader, const Value& table, ServiceDraft& draft);
void check_schedule(Reader& reader, const Value& table, const ServiceDraft& draft);

/// Assigns what a getter returned, if it returned anything.
template <class To, class From>
void put(To& to, std::optional<From> from) {
    if (from) {
        to = *std::move(from);
    }
}

/// The place of the value of `key`, or of the table when it is not there.
[[nodiscard]] SourcePos place_of(const Value& table, std::string_view key);

/// Complains about each key that `table`, which is one of `scope`, must have and lacks.
void check_complete(Reader& reader, const Value& table, Scope scope);

/// Complains that `item` of the array `entry` is no table of `scope`.
void wrong_item(Reader& reader, const Entry& entry, const Value& item, Scope scope);

/// Calls `read` for each table of an array of tables of `scope`; complains when it is none.
template <class Read>
void for_each_table(Reader& reader, const Entry& entry, Scope scope, Read read) {
    if (entry.value.kind != Value::Kind::Array) {
        reader.wrong_type(entry, Type::Tables);
        return;
    }
    for (const auto& item : entry.value.items) {
        if (item.kind == Value::Kind::Table) {
            check_complete(reader, item, scope);
            read(item);
        } else {
            wrong_item(reader, entry, item, scope);
        }
    }
}

}  // namespace config
