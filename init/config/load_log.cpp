// SPDX-License-Identifier: MIT
#include "config/draft.hpp"

namespace config {
namespace {

using core::LogMode;
using core::LogSettings;

constexpr std::uint64_t kMostKept = std::uint64_t{64} << 20;
constexpr std::uint64_t kLeastRotated = 1024;
constexpr std::uint64_t kMostRotated = std::uint64_t{1} << 40;
constexpr int kRotated = 3;

constexpr std::array<Handler<LogSettings>, 2> kRotate{{
    {"size", [](Reader& r, const Entry& e,
                LogSettings& l) { put(l.rotate_size, r.size(e, kLeastRotated, kMostRotated)); }},
    {"keep", [](Reader& r, const Entry& e,
                LogSettings& l) { put(l.rotate_keep, r.number(e, Scope::Rotate)); }},
}};
static_assert(covers(kRotate, Scope::Rotate));

void read_rotate(Reader& reader, const Entry& entry, LogSettings& log) {
    if (entry.value.kind != Value::Kind::Table) {
        reader.wrong_type(entry, Type::Table);
        return;
    }
    log.rotate_keep = kRotated;
    read_keys(reader, Scope::Rotate, entry.value, kRotate, log);
    check_complete(reader, entry.value, Scope::Rotate);
}

void read_mode(Reader& reader, const Entry& entry, LogSettings& log) {
    const auto word = reader.choice(entry, Scope::Log);
    log.mode = word == "json"     ? LogMode::Json
               : word == "prefix" ? LogMode::Prefix
                                  : LogMode::Inherit;
}

constexpr std::array<Handler<LogSettings>, 6> kLog{{
    {"mode", read_mode},
    {"timestamps",
     [](Reader& r, const Entry& e, LogSettings& l) { put(l.has_timestamps, r.flag(e)); }},
    {"overflow",
     [](Reader& r, const Entry& e, LogSettings& l) {
         l.overflow =
             r.choice(e, Scope::Log) == "drop" ? core::Overflow::Drop : core::Overflow::Block;
     }},
    {"keep",
     [](Reader& r, const Entry& e, LogSettings& l) { put(l.keep, r.size(e, 0, kMostKept)); }},
    {"file", [](Reader& r, const Entry& e, LogSettings& l) { put(l.file, r.path(e)); }},
    {"rotate", read_rotate},
}};
static_assert(covers(kLog, Scope::Log));

/// Only where lines pass through pidone can it do something about them.
void check_log(Reader& reader, const Value& table, const LogSettings& log) {
    for (const auto& entry : table.entries) {
        const bool is_known = find_key(Scope::Log, entry.key) != nullptr;
        if (log.mode == LogMode::Inherit && is_known && entry.key != "mode") {
            reader.error(entry.key_pos, quoted(entry.key) + " does not go with mode \"inherit\"",
                         "mode = \"prefix\" or \"json\" sends the lines through pidone");
        }
    }
    const auto* rotate = find_entry(table, "rotate");
    if (rotate != nullptr && find_entry(table, "file") == nullptr) {
        reader.error(rotate->key_pos, "'rotate' needs 'file'");
    }
    const auto* timestamps = find_entry(table, "timestamps");
    if (timestamps != nullptr && log.mode == LogMode::Json && !log.has_timestamps) {
        reader.error(timestamps->key_pos, "JSON lines always have the time",
                     "'timestamps' is for mode \"prefix\"");
    }
}

}  // namespace

void read_log(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    if (entry.value.kind != Value::Kind::Table) {
        reader.wrong_type(entry, Type::Table);
        return;
    }
    auto& log = draft.spec.log;
    read_keys(reader, Scope::Log, entry.value, kLog, log);
    draft.origin.log_file = place_of(entry.value, "file");
    check_log(reader, entry.value, log);
}

}  // namespace config
