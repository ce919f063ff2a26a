// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "base/signal.hpp"

using base::parse_signal;
using base::Signal;

TEST_CASE("a signal is read by name in either case, with or without SIG, or by number") {
    for (const char* text : {"TERM", "term", "SIGTERM", "sigterm", "15"}) {
        CAPTURE(text);
        CHECK(parse_signal(text) == base::kSigTerm);
    }
    CHECK(parse_signal("RTMIN") == Signal{34});
    CHECK(parse_signal("RTMIN+3") == base::kSigRtMin3);
    CHECK(parse_signal("SIGRTMAX-1") == Signal{63});
    CHECK(parse_signal("RTMAX") == Signal{64});
}

TEST_CASE("what names no signal is refused") {
    for (const char* text : {"", "SIG", "TERMINATE", "0", "65", "-1", "RTMIN+31", "RTMAX-31",
                             "RTMIN+", "15x", "TERM ", "+15"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_signal(text).has_value());
    }
}

TEST_CASE("the name of every signal is read back as that signal") {
    for (int number = 1; number <= base::kMaxSignal; ++number) {
        if (number == 32 || number == 33) {
            continue;  // glibc's own have no name
        }
        CAPTURE(number);
        const std::string name{base::to_string(Signal{number})};
        CHECK(name.starts_with("SIG"));
        CHECK(parse_signal(name) == Signal{number});
    }
    CHECK(std::string{base::to_string(Signal{32})} == "signal 32");
}
