// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sys/files.hpp"

namespace sys {

/// A log file that becomes FILE.1 (and FILE.1 FILE.2, up to FILE.`keep`) before it would exceed
/// `limit` bytes. By rename only: whoever reads FILE.1 goes on reading the same lines. May block
/// and allocate, so it is for children.
class RotatingFile {
  public:
    /// `limit` 0 = never; `keep` 0 = the full file is removed. Opens nothing yet.
    RotatingFile(std::string path, std::uint64_t limit, int keep)
        : path_{std::move(path)}, limit_{limit}, keep_{keep} {}

    /// Appends lines, the last one perhaps without its end. Opens the file when it is not open
    /// (0640, parents that are missing are made), and again at each try after a failure and when
    /// somebody has moved or removed it. A line
    /// without an end is ended first, unless `lines` begin with its rest (`continues`).
    [[nodiscard]] base::Result<void> write(std::string_view lines, bool continues = false);

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    [[nodiscard]] base::Result<void> open();
    [[nodiscard]] base::Result<void> rotate();
    [[nodiscard]] bool is_in_place() const;
    [[nodiscard]] base::Result<void> append(std::string_view bytes);
    [[nodiscard]] std::size_t part_that_fits(std::string_view lines) const;

    std::string path_;
    std::uint64_t limit_;
    int keep_;
    Place place_;
    UniqueFd fd_;
    std::uint64_t size_ = 0;
    bool is_mid_line_ = false;
};

}  // namespace sys
