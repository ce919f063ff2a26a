// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <tl/expected.hpp>

/// The two shapes a failure can have inside pidone: an `Errno` from the kernel (this header) or a
/// `config::Diagnostic` with a position in a file. Nothing throws.
namespace base {

/// A failed call into the kernel: `op` names what was tried (a string literal, never freed) and
/// `code` is the errno value it left. Costs no allocation, so it may be made on the loop path.
struct Errno {
    const char* op = "";
    int code = 0;

    friend bool operator==(const Errno& a, const Errno& b) {
        return a.code == b.code && std::string_view{a.op} == b.op;
    }
};

/// A value or the reason why there is none. Same names as C++23's std::expected.
template <class T, class E = Errno>
using Result = tl::expected<T, E>;

/// Makes the failing side of a Result.
using tl::unexpected;

}  // namespace base
