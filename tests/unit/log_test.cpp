// SPDX-License-Identifier: MIT
#include "log/log.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sys/spawn.hpp"
#include "sys_support.hpp"

using logging::Format;
using logging::Level;
using logging::Logger;
using logging::Severity;

namespace {

struct Fixture {
    Logger make(Level level = Level::Normal, Format format = Format::Text) {
        return Logger{sys::LineSink::open(pipe->write.get()), "pidone", level, format};
    }
    // Everything written so far.
    std::string taken() {
        REQUIRE(sys::set_nonblocking(pipe->read.get(), true));
        std::string text;
        std::array<char, 65536> buffer{};
        for (ssize_t got = 0; (got = ::read(pipe->read.get(), buffer.data(), buffer.size())) > 0;) {
            text.append(buffer.data(), static_cast<std::size_t>(got));
        }
        return text;
    }
    base::Result<sys::Pipe> pipe = sys::pipe_cloexec();
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a text line has program, subject, severity and message") {
    auto log = make();
    log.info("version {} on {}", "0.1.0", 7);
    log.about("nginx", Severity::Info, "exited with status {}", 1);
    log.about("nginx", Severity::Warn, "no {}", "more");
    log.error("it {:>4} failed", 12);

    CHECK(taken() ==
          "pidone: version 0.1.0 on 7\n"
          "pidone: nginx: exited with status 1\n"
          "pidone: nginx: warn: no more\n"
          "pidone: error: it   12 failed\n");
}

TEST_CASE_FIXTURE(Fixture, "levels leave out what is too quiet for them") {
    for (const auto level : {Level::Quiet, Level::Normal, Level::Debug}) {
        auto log = make(level);
        log.error("e");
        log.warn("w");
        log.info("i");
        log.debug("d");
        const std::string all = "pidone: error: e\npidone: warn: w\npidone: i\npidone: d\n";
        const std::size_t length = level == Level::Quiet ? 17 : level == Level::Normal ? 43 : 53;
        CHECK(taken() == all.substr(0, length));
    }
}

TEST_CASE_FIXTURE(Fixture, "control characters cannot forge a line or drive a terminal") {
    auto log = make();
    log.info("a\nb\tc\rd\x1b[31me\x7f \"f\" g\\h \xc3\xa9");

    CHECK(taken() == "pidone: a\\nb\\tc\\rd\\x1b[31me\\x7f \"f\" g\\h \xc3\xa9\n");
}

TEST_CASE_FIXTURE(Fixture, "a line is cut at 512 bytes, at a whole character, and marked") {
    auto log = make();
    std::string text;
    for (int i = 0; i < 400; ++i) {
        text += "\xc3\xa9";
    }
    log.info("{}", text);

    const auto line = taken();
    CHECK(line.size() <= logging::kMaxLine);
    CHECK(line.size() > 500);
    CHECK(line.ends_with("\xc3\xa9...\n"));
}

TEST_CASE_FIXTURE(Fixture, "a JSON line is one object with the time in UTC") {
    auto log = make(Level::Normal, Format::Json);
    log.about("nginx", Severity::Warn, "a \"b\" \\ \n\x01 \xc3\xa9 \xff\xc3");

    const auto line = taken();
    REQUIRE(line.size() > 35);
    CHECK(line.starts_with("{\"time\":\"20"));
    CHECK(line.substr(32) ==
          "Z\",\"level\":\"warn\",\"service\":\"nginx\",\"message\":\"a \\\"b\\\" \\\\ "
          "\\n\\u0001 \xc3\xa9 \\ufffd\\ufffd\"}\n");
}

TEST_CASE_FIXTURE(Fixture, "a JSON line that is too long is still an object") {
    auto log = make(Level::Normal, Format::Json);
    log.info("{}", std::string(2000, '"'));

    const auto line = taken();
    CHECK(line.size() <= logging::kMaxLine);
    CHECK(line.ends_with("\\\"...\"}\n"));
}

TEST_CASE_FIXTURE(Fixture, "lines that were dropped are told before the next one") {
    auto log = make();
    int written = 0;
    const std::string text(480, 'x');
    // A pipe holds 64 KiB; what is beyond that is dropped.
    for (; written < 200; ++written) {
        log.info("{}", text);
    }
    const auto before = taken();
    const auto arrived = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    REQUIRE(arrived < 200);

    log.info("after");
    log.info("and on");

    CHECK(taken() == "pidone: " + std::to_string(200 - arrived) +
                         " lines of its own were dropped\npidone: after\npidone: and on\n");
}

TEST_CASE("a logger without a sink says nothing and does not fail") {
    Logger log;
    log.error("{}", "nobody hears this");
    CHECK(log.level() == Level::Normal);
}

TEST_CASE("errno values have their text in lower case") {
    CHECK(logging::error_text(ENOENT) == std::string{"no such file or directory"});
    CHECK(logging::error_text(EACCES) == std::string{"permission denied"});
    CHECK(logging::error_text(ERFKILL) == std::string{"operation not possible due to RF-kill"});
    CHECK(logging::error_text(ESRMNT) == std::string{"srmount error"});
    CHECK(logging::error_text(99999) == std::string{"unknown error"});
    CHECK(logging::error_text(-1) == std::string{"unknown error"});
}

TEST_CASE("clients format into strings") {
    CHECK(logging::format("{:>5}|{:#x}|{}", "ab", 255, 1'000'000) == "   ab|0xff|1000000");
}
