// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace config {

/// A place in a file: `file` indexes the sources of a Diagnostics, lines and columns count from 1,
/// columns and `length` in characters. Line 0 stands for the file as a whole.
struct SourcePos {
    int file = 0;
    int line = 0;
    int column = 0;
    int length = 1;  ///< how far the caret is underlined
};

enum class Severity { Error, Warning };

/// One complaint: what is wrong and what was expected; `hint` is the remedy, or "".
struct Diagnostic {
    SourcePos pos;
    std::string message;
    std::string hint;
    Severity severity = Severity::Error;
};

/// Collects complaints about a set of files and shows them, sorted by place, with the source line
/// and a caret. Owns the texts it shows, so it outlives the loader.
class Diagnostics {
  public:
    /// Adds a file and returns its index for SourcePos. `path` is printed as it is; a name that is
    /// no file (a variable, "command line") may be added with an empty text.
    int add_source(std::string path, std::string text);

    /// In what is said, control characters become '?': a terminal must not obey it.
    void error(SourcePos pos, std::string_view message, std::string_view hint = "");
    void warning(SourcePos pos, std::string_view message, std::string_view hint = "");

    /// Keeps one of those that say the same about the same place.
    void drop_repeats();

    [[nodiscard]] std::size_t error_count() const { return errors_; }
    [[nodiscard]] std::size_t warning_count() const { return entries_.size() - errors_; }
    [[nodiscard]] const std::vector<Diagnostic>& entries() const { return entries_; }
    [[nodiscard]] const std::string& source_path(int file) const;
    [[nodiscard]] const std::string& source_text(int file) const;
    /// The line that `pos` is in, without its end; "" where there is none.
    [[nodiscard]] std::string_view source_line(SourcePos pos) const;

    /// All complaints as text, at most 2000 of them and how many more there are; each line ends
    /// with a newline. Nothing when there is no complaint.
    [[nodiscard]] std::string render() const;

  private:
    struct Source {
        std::string path;
        std::string text;
    };
    std::vector<Source> sources_;
    std::vector<Diagnostic> entries_;
    std::size_t errors_ = 0;
};

}  // namespace config
