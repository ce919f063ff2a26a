// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "control/fixed_text.hpp"
#include "log/log.hpp"
#include "runtime/child.hpp"

namespace runtime {

/// How far the present run of a service came, for `pidone why` and `analyze`. Allocation-free.
struct Progress {
    using Line = control::FixedText<128>;

    std::optional<base::Instant> executed_at;  ///< execve succeeded
    Line step;                                 ///< what its set-up is at; "" = nothing of note
    Line failure;  ///< why the last start failed; kept until a start succeeds

    /// Another run begins.
    void begin() {
        executed_at.reset();
        enter("");
    }
    void enter(std::string_view what) { step = Line{what}; }
    void fail(const StartFailure& why) {
        std::array<char, 128> text{};
        failure =
            Line{why.error_number == 0
                     ? std::string_view{why.text}
                     : logging::vformat_into(
                           text, "{}: {}",
                           fmt::make_format_args(why.text, logging::error_text(why.error_number)))};
    }
    void succeed(base::Instant now) {
        executed_at = now;
        failure = Line{};
        enter("");
    }
};

}  // namespace runtime
