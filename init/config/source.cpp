// SPDX-License-Identifier: MIT
#include "config/source.hpp"

#include <algorithm>
#include <string_view>

namespace config {
namespace {

constexpr std::string_view kTomlSuffix = ".toml";
constexpr std::string_view kOverrideSuffix = ".d";

/// Editors and ConfigMaps ("..data") leave names with a dot in front.
bool is_toml(std::string_view name) {
    return name.size() > kTomlSuffix.size() && name.ends_with(kTomlSuffix) && name[0] != '.';
}

std::vector<std::string> sorted(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    return names;
}

std::string join(const std::string& directory, const std::string& name) {
    return directory.ends_with('/') ? directory + name : directory + "/" + name;
}

}  // namespace

std::vector<SourceFile> plan_sources(const std::vector<Listing>& listings) {
    std::vector<SourceFile> plan;
    for (const auto& listing : listings) {
        for (const auto& name : sorted(listing.files)) {
            if (is_toml(name)) {
                plan.push_back({join(listing.path, name), listing.path,
                                name.substr(0, name.size() - kTomlSuffix.size()), false, ""});
            }
        }
        auto overrides = listing.overrides;
        std::sort(overrides.begin(), overrides.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        for (const auto& directory : overrides) {
            if (directory.name.starts_with('.') || !directory.name.ends_with(kOverrideSuffix)) {
                continue;
            }
            const auto path = join(listing.path, directory.name);
            for (const auto& name : sorted(directory.files)) {
                if (is_toml(name)) {
                    plan.push_back(
                        {join(path, name), path,
                         directory.name.substr(0, directory.name.size() - kOverrideSuffix.size()),
                         true, ""});
                }
            }
        }
    }
    return plan;
}

}  // namespace config
