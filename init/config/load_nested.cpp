// SPDX-License-Identifier: MIT
#include <algorithm>

#include "config/draft.hpp"

namespace config {
namespace {

constexpr std::array<Handler<core::Directory>, 3> kDirectory{{
    {"path", [](Reader& r, const Entry& e, core::Directory& d) { put(d.path, r.path(e)); }},
    {"mode", [](Reader& r, const Entry& e, core::Directory& d) { put(d.mode, r.mode(e)); }},
    {"owner", [](Reader& r, const Entry& e, core::Directory& d) { put(d.owner, r.user(e)); }},
}};
static_assert(covers(kDirectory, Scope::Directory));

/// The URL as it was written; parsed when the whole table is there.
struct WaitForDraft {
    core::WaitFor wait_for;
    std::optional<std::string> url;
};

constexpr std::array<Handler<WaitForDraft>, 3> kWaitFor{{
    {"url", [](Reader& r, const Entry& e, WaitForDraft& d) { put(d.url, r.text(e)); }},
    {"timeout", [](Reader& r, const Entry& e,
                   WaitForDraft& d) { put(d.wait_for.timeout, r.duration(e, Scope::WaitFor)); }},
    {"interval", [](Reader& r, const Entry& e,
                    WaitForDraft& d) { put(d.wait_for.interval, r.duration(e, Scope::WaitFor)); }},
}};
static_assert(covers(kWaitFor, Scope::WaitFor));

constexpr std::array<Handler<core::BeforeStop>, 2> kBeforeStop{{
    {"delay", [](Reader& r, const Entry& e,
                 core::BeforeStop& b) { put(b.delay, r.duration(e, Scope::BeforeStop)); }},
    {"command", [](Reader& r, const Entry& e,
                   core::BeforeStop& b) { put(b.command, r.strings(e, Type::Command)); }},
}};
static_assert(covers(kBeforeStop, Scope::BeforeStop));

constexpr std::array<Handler<core::Readiness>, 1> kReady{{
    {"exec",
     [](Reader& r, const Entry& e, core::Readiness& ready) { put(ready.command, r.command(e)); }},
}};
static_assert(covers(kReady, Scope::Ready));

void read_template_source(Reader& reader, const Entry& entry, core::Template& file) {
    auto source = reader.non_empty(entry);
    if (source) {
        const bool is_absolute = source->starts_with('/');
        file.source = is_absolute ? *source : reader.directory_of(entry.value.pos) + "/" + *source;
    }
}

constexpr std::array<Handler<core::Template>, 4> kTemplate{{
    {"source", read_template_source},
    {"target", [](Reader& r, const Entry& e, core::Template& t) { put(t.target, r.path(e)); }},
    {"mode", [](Reader& r, const Entry& e, core::Template& t) { put(t.mode, r.mode(e)); }},
    {"owner", [](Reader& r, const Entry& e, core::Template& t) { put(t.owner, r.user(e)); }},
}};
static_assert(covers(kTemplate, Scope::Template));

void read_setup_command(Reader& reader, const Entry& entry, core::SetupStep& step) {
    put(step.command, reader.command(entry));
}

void read_creates(Reader& reader, const Entry& entry, core::SetupStep& step) {
    put(step.creates, reader.path(entry));
    while (step.creates.size() > 1 && step.creates.ends_with('/')) {
        step.creates.pop_back();
    }
    if (step.creates == "/") {
        reader.error(entry.value.pos, "'creates' cannot be the root directory");
    }
}

constexpr std::array<Handler<core::SetupStep>, 5> kSetup{{
    {"name", [](Reader& r, const Entry& e, core::SetupStep& s) { put(s.name, r.non_empty(e)); }},
    {"command", read_setup_command},
    {"stdin", [](Reader& r, const Entry& e, core::SetupStep& s) { put(s.stdin_path, r.path(e)); }},
    {"creates", read_creates},
    {"once", [](Reader& r, const Entry& e, core::SetupStep& s) { put(s.once, r.path(e)); }},
}};
static_assert(covers(kSetup, Scope::Setup));

/// A command that writes to the target itself leaves half of it there when it fails, and the next
/// start would take that for the whole.
void check_staging(Reader& reader, const Entry& creates, const std::vector<std::string>& command) {
    const bool uses_staging = std::any_of(command.begin(), command.end(), [](const auto& word) {
        return word.find("${STAGING}") != std::string::npos;
    });
    if (!command.empty() && !uses_staging) {
        reader.error(creates.key_pos, "'creates' needs ${STAGING} in 'command'",
                     "what the step makes there appears at 'creates' when it is complete");
    }
}

/// Only the command may say ${STAGING}, and only where there is something to stage.
core::SetupStep read_step(Reader& reader, const Value& table) {
    core::SetupStep step;
    const auto* creates = find_entry(table, "creates");
    for (const auto& entry : table.entries) {
        Value single;
        single.entries.push_back(entry);
        reader.keeps_staging = creates != nullptr && entry.key == "command";
        read_keys(reader, Scope::Setup, single, kSetup, step);
        reader.keeps_staging = false;
    }
    if (creates != nullptr) {
        check_staging(reader, *creates, step.command);
    }
    if (const auto* once = find_entry(table, "once"); once != nullptr && creates != nullptr) {
        reader.error(once->key_pos, "'once' and 'creates' exclude each other",
                     "'creates' alone already runs the step only while it is missing");
    }
    return step;
}

void read_descriptor(Reader& reader, const Entry& entry, std::string_view text,
                     core::Readiness& ready) {
    ready.kind = core::Readiness::Kind::Descriptor;
    int number = 0;
    bool is_number = !text.empty() && text.size() <= 3;
    for (const char c : text) {
        is_number = is_number && c >= '0' && c <= '9';
        number = number * 10 + (c - '0');
    }
    if (!is_number || number > 255) {
        reader.error(entry.value.pos, "'ready' must name a descriptor from fd:3 to fd:255, got " +
                                          quoted("fd:" + std::string{text}));
        return;
    }
    if (number < 3) {
        reader.error(entry.value.pos,
                     "'ready' cannot be fd:" + std::to_string(number) +
                         ", 0 to 2 are standard input, output and error",
                     "use fd:3 or above");
        return;
    }
    ready.descriptor = number;
}

}  // namespace

SourcePos place_of(const Value& table, std::string_view key) {
    const auto* entry = find_entry(table, key);
    return entry == nullptr ? table.pos : entry->value.pos;
}

bool read_endpoint(Reader& reader, const Entry& entry, const Value& value, std::string_view url,
                   core::Endpoint& endpoint) {
    auto parsed = base::parse_endpoint(url);
    if (!parsed) {
        reader.error(value.pos, quoted(entry.key) + ": " + quoted(url) + ": " + parsed.error());
        return false;
    }
    endpoint = *std::move(parsed);
    return true;
}

void read_directories(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    for_each_table(reader, entry, Scope::Directory, [&](const Value& table) {
        core::Directory directory;
        read_keys(reader, Scope::Directory, table, kDirectory, directory);
        draft.spec.child.directories.push_back(std::move(directory));
        draft.origin.directories.push_back(place_of(table, "path"));
        draft.origin.directory_owners.push_back(place_of(table, "owner"));
    });
}

void read_wait_for(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    if (entry.value.kind != Value::Kind::Array) {
        reader.wrong_type(entry, Type::Endpoints);
        return;
    }
    for (const auto& item : entry.value.items) {
        WaitForDraft read;
        if (item.kind == Value::Kind::Table) {
            read_keys(reader, Scope::WaitFor, item, kWaitFor, read);
            check_complete(reader, item, Scope::WaitFor);
        } else {
            read.url = reader.text({entry.key, entry.key_pos, item});
        }
        if (read.url) {
            read_endpoint(reader, entry, item, *read.url, read.wait_for.endpoint);
            draft.spec.child.wait_for.push_back(std::move(read.wait_for));
        }
    }
}

void read_ready(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    auto& ready = draft.spec.ready;
    draft.origin.ready = entry.value.pos;
    if (entry.value.kind == Value::Kind::Table) {
        ready.kind = core::Readiness::Kind::Command;
        read_keys(reader, Scope::Ready, entry.value, kReady, ready);
        check_complete(reader, entry.value, Scope::Ready);
        return;
    }
    if (entry.value.kind != Value::Kind::String) {
        reader.wrong_type(entry, Type::Readiness);
        return;
    }
    const auto word = reader.text(entry);
    if (!word) {
        return;
    }
    if (*word == "notify") {
        ready.kind = core::Readiness::Kind::Notify;
    } else if (word->starts_with("fd:")) {
        read_descriptor(reader, entry, std::string_view{*word}.substr(3), ready);
    } else if (word->find(':') != std::string::npos) {
        ready.kind = core::Readiness::Kind::Probe;
        read_endpoint(reader, entry, entry.value, *word, ready.endpoint);
    } else {
        constexpr std::array<std::string_view, 1> kWords{"notify"};
        reader.wrong_type(entry.key, entry.value, Type::Readiness, did_you_mean(*word, kWords));
    }
}

void read_before_stop(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    if (entry.value.kind != Value::Kind::Table) {
        reader.wrong_type(entry, Type::Table);
        return;
    }
    read_keys(reader, Scope::BeforeStop, entry.value, kBeforeStop, draft.spec.before_stop);
    draft.origin.before_stop = place_of(entry.value, "command");
}

void read_signals(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    if (entry.value.kind != Value::Kind::Table) {
        reader.wrong_type(entry, Type::SignalTable);
        return;
    }
    for (const auto& route : entry.value.entries) {
        const auto from = base::parse_signal(route.key);
        if (!from) {
            reader.error(route.key_pos, quoted(route.key) + " is no signal");
            continue;
        }
        if (*from == base::kSigKill || *from == base::kSigStop || *from == base::kSigChld) {
            reader.error(route.key_pos, base::to_string(*from) + " cannot be forwarded");
            continue;
        }
        if (*from == base::kSigTerm || *from == base::kSigInt || *from == base::kSigQuit ||
            *from == base::kSigPwr || *from == base::kSigRtMin3) {
            reader.error(route.key_pos, base::to_string(*from) + " stops the container",
                         "'stop-signal' says what the service gets then");
            continue;
        }
        const auto& known = draft.spec.signals;
        if (std::any_of(known.begin(), known.end(),
                        [&](const auto& other) { return other.from == *from; })) {
            reader.error(route.key_pos,
                         quoted(route.key) + " names " + base::to_string(*from) + " a second time");
            continue;
        }
        const bool is_dropped =
            route.value.kind == Value::Kind::String && route.value.string.empty();
        const auto to = is_dropped ? std::optional{core::Signal{}} : reader.signal(route);
        if (to) {
            draft.spec.signals.push_back({*from, *to});
            if (*from == base::kSigHup && !is_dropped) {
                draft.hangup = route.key_pos;
            }
        }
    }
}

void read_templates(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    auto& templates = draft.spec.child.templates;
    for_each_table(reader, entry, Scope::Template, [&](const Value& table) {
        core::Template file;
        read_keys(reader, Scope::Template, table, kTemplate, file);
        const bool is_double =
            !file.target.empty() &&
            std::any_of(templates.begin(), templates.end(),
                        [&](const auto& other) { return other.target == file.target; });
        if (is_double) {
            reader.error(place_of(table, "target"),
                         "another template writes " + quoted(file.target) + " already");
        }
        templates.push_back(std::move(file));
        draft.origin.template_sources.push_back(place_of(table, "source"));
        draft.origin.template_targets.push_back(place_of(table, "target"));
        draft.origin.template_owners.push_back(place_of(table, "owner"));
    });
}

void read_setup(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    auto& steps = draft.spec.child.setup;
    for_each_table(reader, entry, Scope::Setup, [&](const Value& table) {
        auto step = read_step(reader, table);
        if (step.name.empty()) {
            step.name = "step " + std::to_string(steps.size() + 1);
        }
        const bool is_double = std::any_of(
            steps.begin(), steps.end(), [&](const auto& other) { return other.name == step.name; });
        if (is_double) {
            reader.error(place_of(table, "name"),
                         "another setup step is called " + quoted(step.name) + " already");
        }
        steps.push_back(std::move(step));
        draft.origin.setup_commands.push_back(place_of(table, "command"));
        draft.origin.setup_stdin.push_back(place_of(table, "stdin"));
        draft.origin.setup_once.push_back(place_of(table, "once"));
    });
}

}  // namespace config
