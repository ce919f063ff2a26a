// SPDX-License-Identifier: MIT
#include <algorithm>

#include "config/cron.hpp"
#include "config/draft.hpp"

namespace config {
namespace {

constexpr std::string_view kEvery = "every ";
constexpr core::Duration kShortest{100};

void read_interval(Reader& reader, const Entry& entry, std::string_view text,
                   core::Schedule& schedule) {
    const auto every = base::parse_duration(text);
    if (!every) {
        reader.error(
            entry.value.pos,
            "'schedule' must have a duration like \"6h\" behind 'every', got " + quoted(text),
            kDurationForm);
    } else if (*every < kShortest) {
        reader.error(entry.value.pos,
                     "'schedule' must be at least \"every " + base::to_string(kShortest) + "\"");
    } else {
        schedule.every = *every;
    }
}

/// The form of a name in the tz database; whether it is there is a matter of the container.
bool is_zone(std::string_view name) {
    return !name.empty() && name.front() != '/' && name.find("..") == std::string_view::npos &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '/' || c == '_' || c == '+' || c == '-';
           });
}

}  // namespace

void read_schedule(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    auto& schedule = draft.spec.schedule;
    if (entry.value.kind != Value::Kind::String) {
        reader.wrong_type(entry, Type::Schedule);
        return;
    }
    const auto text = reader.text(entry);
    if (!text) {
        return;
    }
    schedule.text = *text;
    if (text->starts_with(kEvery)) {
        schedule.kind = core::Schedule::Kind::Every;
        read_interval(reader, entry, std::string_view{*text}.substr(kEvery.size()), schedule);
        return;
    }
    schedule.kind = core::Schedule::Kind::Cron;
    auto cron = parse_cron(*text);
    if (cron) {
        schedule.cron = *cron;
    } else {
        reader.error(entry.value.pos, "'schedule': " + quoted(*text) + ": " + cron.error());
    }
}

void read_timezone(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    draft.origin.timezone = entry.value.pos;
    const auto name = reader.text(entry);
    if (name && !is_zone(*name)) {
        reader.error(
            entry.value.pos,
            "'timezone' must be a name like \"UTC\" or \"Europe/Paris\", got " + quoted(*name));
        return;
    }
    put(draft.spec.schedule.timezone, name);
}

void check_schedule(Reader& reader, const Value& table, const ServiceDraft& draft) {
    const auto* schedule = find_entry(table, "schedule");
    const auto* timezone = find_entry(table, "timezone");
    if (schedule != nullptr && draft.spec.type != core::ServiceType::Oneshot) {
        reader.error(schedule->key_pos, "'schedule' goes with type \"oneshot\" only",
                     "a service that should come back has 'restart'");
    }
    if (timezone != nullptr && schedule == nullptr) {
        reader.error(timezone->key_pos, "'timezone' needs 'schedule'",
                     "for the service itself it is environment = { TZ = .. }");
    } else if (timezone != nullptr && draft.spec.schedule.kind == core::Schedule::Kind::Every) {
        reader.error(timezone->key_pos, "'timezone' does not go with \"every ..\"",
                     "a length of time is the same everywhere");
    }
}

}  // namespace config
