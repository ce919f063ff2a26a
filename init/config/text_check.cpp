// SPDX-License-Identifier: MIT
#include "config/text_check.hpp"

#include "base/utf8.hpp"
#include "config/source.hpp"

namespace config {
namespace {

SourcePos place_of(std::string_view text, std::size_t offset, int file) {
    SourcePos pos{file, 1, 1, 1};
    for (const char c : text.substr(0, offset)) {
        if (c == '\n') {
            ++pos.line;
            pos.column = 1;
        } else if (!base::is_continuation(c)) {
            ++pos.column;
        }
    }
    return pos;
}

}  // namespace

bool check_text(int file, Diagnostics& diagnostics) {
    const std::string_view text = diagnostics.source_text(file);
    if (text.size() > kMaxSourceSize) {
        diagnostics.error({file, 0, 0, 1}, "the file is larger than 1 MiB");
        return false;
    }
    std::size_t at = 0;
    while (at < text.size()) {
        if (text[at] == '\0') {
            diagnostics.error(place_of(text, at, file), "a NUL byte", "the file must be text");
            return false;
        }
        const auto size = base::character_length(text.substr(at));
        if (size == 0) {
            diagnostics.error(place_of(text, at, file), "not UTF-8",
                              "save the file in UTF-8 encoding");
            return false;
        }
        at += size;
    }
    return true;
}

}  // namespace config
