// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace config {

enum class FileKind {
    Service,    ///< NAME.toml and NAME.d/*.toml
    Container,  ///< pidone.toml
};

/// The key table as a JSON Schema (draft-07, which the TOML plug-ins of editors read), one key a
/// line. No key is required, because an override holds single keys.
[[nodiscard]] std::string make_schema(FileKind kind);

}  // namespace config
