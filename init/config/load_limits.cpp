// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <limits>

#include "base/capability.hpp"
#include "config/draft.hpp"

namespace config {
namespace {

constexpr std::uint64_t kInfinity = std::numeric_limits<std::uint64_t>::max();

struct Resource {
    std::string_view key;
    int number;
};
/// The kernel's numbers (getrlimit(2), asm-generic/resource.h); this layer includes no system
/// header.
constexpr std::array<Resource, 16> kResources{{
    {"cpu", 0},
    {"fsize", 1},
    {"data", 2},
    {"stack", 3},
    {"core", 4},
    {"rss", 5},
    {"nproc", 6},
    {"nofile", 7},
    {"memlock", 8},
    {"as", 9},
    {"locks", 10},
    {"sigpending", 11},
    {"msgqueue", 12},
    {"nice", 13},
    {"rtprio", 14},
    {"rttime", 15},
}};

std::optional<std::uint64_t> read_amount(Reader& reader, const Entry& entry, Type type) {
    if (entry.value.kind == Value::Kind::Integer && entry.value.integer >= 0) {
        return static_cast<std::uint64_t>(entry.value.integer);
    }
    if (entry.value.kind == Value::Kind::String) {
        const auto word = reader.expanded(entry.value);
        if (!word) {
            return std::nullopt;
        }
        if (*word == "max") {
            return kInfinity;
        }
        std::uint64_t amount = 0;
        const auto end = word->data() + word->size();
        const auto parsed = std::from_chars(word->data(), end, amount);
        const bool came_from_variable = entry.value.string.find("${") != std::string::npos;
        if (came_from_variable && parsed.ec == std::errc{} && parsed.ptr == end) {
            return amount;
        }
    }
    reader.wrong_type(entry, type);
    return std::nullopt;
}

struct Pair {
    std::optional<std::uint64_t> soft;
    std::optional<std::uint64_t> hard;
};

constexpr std::array<Handler<Pair>, 2> kPair{{
    {"soft", [](Reader& r, const Entry& e, Pair& p) { p.soft = read_amount(r, e, Type::Amount); }},
    {"hard", [](Reader& r, const Entry& e, Pair& p) { p.hard = read_amount(r, e, Type::Amount); }},
}};
static_assert(covers(kPair, Scope::Limit));

void read_limit(Reader& reader, const Entry& entry, core::Limit& limit) {
    Pair pair;
    if (entry.value.kind == Value::Kind::Table) {
        read_keys(reader, Scope::Limit, entry.value, kPair, pair);
        if (entry.value.entries.empty()) {
            reader.wrong_type(entry, Type::LimitValue);
        }
    } else {
        pair.soft = read_amount(reader, entry, Type::LimitValue);
    }
    limit.soft = pair.soft ? *pair.soft : pair.hard.value_or(0);
    limit.hard = pair.hard ? *pair.hard : limit.soft;
    if (limit.soft > limit.hard) {
        reader.error(entry.value.pos,
                     "the soft limit of " + quoted(entry.key) + " is above the hard one");
    }
}

void read_capabilities(Reader& reader, const Entry& entry, core::Security& security) {
    auto& kept = security.capabilities.emplace();
    reader.each_name(entry, [&](const std::string& word, SourcePos pos) {
        std::string name = word;
        for (char& c : name) {
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        if (name.starts_with("cap_")) {
            name.erase(0, 4);
        }
        if (std::find(base::kCapabilityNames.begin(), base::kCapabilityNames.end(), name) ==
            base::kCapabilityNames.end()) {
            reader.error(pos, "unknown capability " + quoted(word),
                         did_you_mean(name, base::kCapabilityNames));
        } else if (std::find(kept.begin(), kept.end(), name) == kept.end()) {
            kept.push_back(std::move(name));
        }
    });
}

constexpr std::array<Handler<core::Security>, 4> kSecurity{{
    {"no-new-privileges",
     [](Reader& r, const Entry& e, core::Security& s) {
         s.no_new_privileges = r.flag(e).value_or(false);
     }},
    {"capabilities", read_capabilities},
    {"oom-score-adj", [](Reader& r, const Entry& e,
                         core::Security& s) { s.oom_score_adj = r.number(e, Scope::Security); }},
    {"nice",
     [](Reader& r, const Entry& e, core::Security& s) { s.nice = r.number(e, Scope::Security); }},
}};
static_assert(covers(kSecurity, Scope::Security));
static_assert(covers(kResources, Scope::Limits));

}  // namespace

void read_limits(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    if (entry.value.kind != Value::Kind::Table) {
        reader.wrong_type(entry, Type::Table);
        return;
    }
    for (const auto& item : entry.value.entries) {
        if (!reader.knows(Scope::Limits, item)) {
            continue;
        }
        core::Limit limit;
        limit.key = item.key;
        limit.resource = std::find_if(kResources.begin(), kResources.end(), [&](const auto& known) {
                             return known.key == item.key;
                         })->number;
        read_limit(reader, item, limit);
        draft.spec.child.limits.push_back(std::move(limit));
    }
}

void read_security(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    if (entry.value.kind != Value::Kind::Table) {
        reader.wrong_type(entry, Type::Table);
        return;
    }
    read_keys(reader, Scope::Security, entry.value, kSecurity, draft.spec.child.security);
}

}  // namespace config
