// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "config/diagnostic.hpp"

namespace config {

/// One TOML file as it was read. The order of files is the order in which they apply: a later file
/// of the same service overrides single keys of the earlier ones.
struct SourceFile {
    std::string path;          ///< as it is printed in messages
    std::string directory;     ///< absolute; where its templates lie
    std::string service;       ///< the service it is about; kContainer for pidone.toml
    bool is_override = false;  ///< it lies in a NAME.d directory
    std::string text;
};

/// The reserved name: pidone.toml holds the settings of the whole container.
inline constexpr const char* kContainer = "pidone";

/// No TOML file of ours has more bytes.
inline constexpr std::size_t kMaxSourceSize = 1024 * 1024;

/// What one -c directory holds, names only.
struct Listing {
    struct Overrides {
        std::string name;                ///< "web.d"
        std::vector<std::string> files;  ///< what lies in it
    };
    std::string path;                  ///< as given
    std::vector<std::string> files;    ///< its regular files
    std::vector<Overrides> overrides;  ///< its sub-directories that end in ".d"
};

/// Decides which file is which service: NAME.toml and NAME.d/*.toml (sorted by name) of each
/// directory, directory after directory. Names that start with a dot are left out, as are files
/// that do not end in ".toml". The texts are still empty and `directory` is the listing's path.
[[nodiscard]] std::vector<SourceFile> plan_sources(const std::vector<Listing>& listings);

}  // namespace config
