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
    Line failure;  ///< why the last start failed, kept until one succeeds; or what we ended the
                   ///< last run for
    bool is_start_failure = false;
    bool is_of_this_run = false;  ///< `failure` is

    /// Another run begins.
    void begin() {
        executed_at.reset();
        is_of_this_run = false;
        enter("");
    }
    void enter(std::string_view what) { step = Line{what}; }
    void fail(const StartFailure& why) {
        std::array<char, 128> text{};
        explain(why.error_number == 0
                    ? std::string_view{why.text}
                    : logging::vformat_into(
                          text, "{}: {}",
                          fmt::make_format_args(why.text, logging::error_text(why.error_number))),
                true);
    }
    void explain(std::string_view why, bool is_of_start) {
        failure = Line{why};
        is_start_failure = is_of_start;
        is_of_this_run = true;
    }
    /// Its main process ended.
    void end() { failure = is_of_this_run ? failure : Line{}; }
    void succeed(base::Instant now) {
        executed_at = now;
        failure = is_start_failure ? Line{} : failure;
        enter("");
    }
};

}  // namespace runtime
