// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/environment.hpp"

namespace config {

/// Why a template cannot be rendered; lines and columns count from 1, columns in characters.
struct RenderError {
    int line = 1;
    int column = 1;
    std::string message;
    bool is_undefined = false;  ///< the form is right, only the name is not known
};

/// Renders the text of a template. Only `${NAME}` and `${NAME|filter}` are special; `$${` writes
/// `${` and every other `$` is literal, so nginx's own `$uri` needs no escape. A name that `names`
/// does not know is an error, an empty value is not.
///
/// Filters make a value safe for one place:
/// - `sql`: inside '...' of MariaDB: `'` becomes `''`, `\` becomes `\\`. Under NO_BACKSLASH_ESCAPES
///   a backslash would arrive doubled, but the value can leave the quotes in neither mode.
/// - `php`: inside '...' of PHP: `\` and `'` get a backslash.
/// - `json`: inside "..." of JSON (RFC 8259), also safe for a double-quoted YAML or TOML string.
/// - `shell`: a whole word of a POSIX shell, its single quotes included.
[[nodiscard]] base::Result<std::string, RenderError> render_template(std::string_view text,
                                                                     const Environment& names);

/// Everything that is wrong with a template, for `pidone check`: an unclosed reference, a wrong
/// name, an unknown filter, a name that `names` does not know. Empty when it is fine.
[[nodiscard]] std::vector<RenderError> check_template(std::string_view text,
                                                      const Environment& names);

/// The filter `json`.
[[nodiscard]] std::string escape_json(std::string_view value);

}  // namespace config
