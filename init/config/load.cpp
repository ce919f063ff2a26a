// SPDX-License-Identifier: MIT
#include "config/load.hpp"

#include <algorithm>
#include <map>

#include "config/draft.hpp"
#include "config/toml_reader.hpp"

namespace config {
namespace {

/// All files of one service (or of the container), merged.
struct Group {
    Value table;
    SourcePos first;         ///< of its first file
    bool has_base = false;   ///< there is a NAME.toml, not only overrides
    bool is_broken = false;  ///< one of its files is no TOML
};

using Groups = std::map<std::string, Group, std::less<>>;

// A client command must be able to tell it from an option.
bool is_service_name(std::string_view name) {
    return !name.empty() && name.front() != '-' &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-';
           });
}

Groups read_groups(std::span<const SourceFile> files, Diagnostics& diagnostics) {
    Groups groups;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const int file = static_cast<int>(i);
        auto& group = groups[files[i].service];
        if (group.first.line == 0) {
            group.first = {file, 1, 1, 1};
            group.table.pos = group.first;
        }
        group.has_base = group.has_base || !files[i].is_override;
        if (auto table = read_toml(file, diagnostics)) {
            merge(group.table, *std::move(table));
        } else {
            group.is_broken = true;
        }
    }
    return groups;
}

void check_group(const std::string& name, const Group& group, Reader& reader) {
    const SourcePos whole{group.first.file, 0, 0, 1};
    if (!is_service_name(name)) {
        reader.error(whole, quoted(name) + " is no service name",
                     "use letters, digits, '.', '_' and '-' only, and no '-' in front");
    }
    if (!group.has_base && name != kContainer) {
        reader.error(whole, "it overrides nothing: there is no '" + name + ".toml'");
    }
}

/// A name that was cut would be that of another service to every client.
void check_length(const std::string& name, const Group& group,
                  std::span<const std::string> instances, Reader& reader) {
    const auto longest =
        std::max_element(instances.begin(), instances.end(),
                         [](const auto& a, const auto& b) { return a.size() < b.size(); });
    const auto whole = longest->empty() ? name : name + "@" + *longest;
    if (whole.size() > kMaxNameSize) {
        const auto* entry = find_entry(group.table, "instances");
        reader.error(entry == nullptr ? SourcePos{group.first.file, 0, 0, 1} : entry->value.pos,
                     "the name " + quoted(whole) + " has " + std::to_string(whole.size()) +
                         " bytes, at most " + std::to_string(kMaxNameSize) + " are possible",
                     longest->empty() ? "give the file a shorter name"
                                      : "give the file or its instances shorter names");
    }
}

std::vector<ServiceDraft> load_services(const Groups& groups, Reader& reader) {
    std::vector<ServiceDraft> drafts;
    for (const auto& [name, group] : groups) {
        if (name == kContainer) {
            continue;
        }
        check_group(name, group, reader);
        const auto instances = read_instances(reader, group.table);
        check_length(name, group, instances, reader);
        for (const auto& instance : instances) {
            auto& draft = drafts.emplace_back();
            draft.spec.name = name;
            if (!instance.empty()) {
                draft.spec.template_name = name;
                draft.spec.name.append("@").append(instance);
            }
            if (!group.is_broken && group.has_base) {
                reader.instance = instance;
                load_service(reader, group.table, draft);
                reader.instance = {};
            }
        }
    }
    return drafts;
}

void load_settings(const Groups& groups, Reader& reader, Diagnostics& diagnostics,
                   const Environment& environment, core::Spec& spec) {
    const auto found = groups.find(kContainer);
    if (found != groups.end() && !found->second.is_broken) {
        load_container(reader, found->second.table, spec);
    }
    for (const auto& key : all_keys()) {
        const auto text = key.variable.empty() ? std::nullopt : environment.get(key.variable);
        // An empty variable counts as unset: Compose makes one of ${X:-}. For the control socket
        // it has a meaning, off.
        if (text && (!text->empty() || key.name == "control")) {
            const SourcePos pos{diagnostics.add_source(std::string{key.variable}, ""), 0, 0, 1};
            override_container(reader, key, *text, pos, spec);
        }
    }
}

/// One HUP cannot be both.
void check_hangup(Reader& reader, std::span<const ServiceDraft> drafts, const core::Spec& spec) {
    for (const auto& draft : drafts) {
        if (spec.reloads_on_hup && draft.spec.is_enabled && draft.hangup) {
            reader.error(*draft.hangup,
                         "HUP never comes here, because 'reload-on-hup' of pidone.toml takes it",
                         "leave one of them out; 'pidone signal HUP SERVICE' sends it as well");
        }
    }
}

/// The directories that were read, for complaints about all of it.
std::string directories_of(std::span<const SourceFile> files) {
    std::string names;
    std::string_view last;
    for (const auto& file : files) {
        const std::string_view path = file.path;
        const auto directory = path.substr(0, path.rfind('/'));
        if (!file.is_override && directory != last) {
            names += (names.empty() ? "" : ", ") + std::string{directory};
            last = directory;
        }
    }
    return names.empty() ? "configuration" : names;
}

void check_counts(std::span<const ServiceDraft> drafts, std::string names,
                  Diagnostics& diagnostics) {
    const SourcePos nowhere{diagnostics.add_source(std::move(names), ""), 0, 0, 1};
    if (drafts.empty()) {
        diagnostics.error(nowhere, "no service", "each service is a file NAME.toml there");
    } else if (drafts.size() > kMaxServices) {
        diagnostics.error(nowhere, std::to_string(drafts.size()) + " services, at most " +
                                       std::to_string(kMaxServices) + " are possible");
    } else if (std::none_of(drafts.begin(), drafts.end(),
                            [](const auto& draft) { return draft.spec.is_enabled; })) {
        diagnostics.error(nowhere, "no service is enabled", "'enabled' of one must be true");
    }
}

}  // namespace

Loaded load_all(std::span<const SourceFile> files, const Environment& environment, Unset unset) {
    Loaded loaded;
    auto& diagnostics = loaded.diagnostics;
    for (const auto& file : files) {
        diagnostics.add_source(file.path, file.text);
    }
    Reader reader{diagnostics, environment, files, unset};
    const auto groups = read_groups(files, diagnostics);
    load_settings(groups, reader, diagnostics, environment, loaded.spec);
    auto drafts = load_services(groups, reader);
    check_counts(drafts, directories_of(files), diagnostics);
    check_graph(reader, drafts);
    check_addresses(reader, drafts);
    check_log_files(reader, drafts);
    check_hangup(reader, drafts, loaded.spec);
    // The instances of a service have its mistakes in common.
    diagnostics.drop_repeats();
    for (auto& draft : drafts) {
        loaded.spec.services.push_back(std::move(draft.spec));
        loaded.origins.push_back(std::move(draft.origin));
    }
    return loaded;
}

base::Result<core::Spec, Diagnostics> load(std::span<const SourceFile> files,
                                           const Environment& environment) {
    auto loaded = load_all(files, environment);
    if (loaded.diagnostics.error_count() != 0) {
        return base::unexpected(std::move(loaded.diagnostics));
    }
    return std::move(loaded.spec);
}

}  // namespace config
