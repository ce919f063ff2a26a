// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>

#include "sys/error_text.hpp"
#include "sys/rotating_file.hpp"
#include "sys_support.hpp"

namespace {

using sys_support::TemporaryDirectory;

std::string content(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("a log file is made with its directory, and appended to") {
    const TemporaryDirectory dir;
    sys::RotatingFile file{dir / "a/b.log", 0, 0};
    CHECK(file.write("one\n"));
    CHECK(file.write("two\n"));
    CHECK(content(dir / "a/b.log") == "one\ntwo\n");
    struct stat info {};
    CHECK(::stat((dir / "a/b.log").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U & ~0640U) == 0);
    sys::RotatingFile again{dir / "a/b.log", 0, 0};
    CHECK(again.write("three\n"));
    CHECK(content(dir / "a/b.log") == "one\ntwo\nthree\n");
}

TEST_CASE("a log file that somebody moves or removes is made again") {
    const TemporaryDirectory dir;
    sys::RotatingFile file{dir / "log", 0, 0};
    CHECK(file.write("one\n"));
    CHECK(::rename((dir / "log").c_str(), (dir / "moved").c_str()) == 0);
    CHECK(file.write("two\n"));
    CHECK(content(dir / "moved") == "one\n");
    CHECK(content(dir / "log") == "two\n");
    CHECK(::unlink((dir / "log").c_str()) == 0);
    CHECK(file.write("three\n"));
    CHECK(content(dir / "log") == "three\n");
}

TEST_CASE("a full log file moves on, and the oldest one goes") {
    const TemporaryDirectory dir;
    sys::RotatingFile file{dir / "log", 8, 2};
    for (const auto* line : {"one\n", "two\n", "3\n", "four\n", "five5\n", "six\n"}) {
        CHECK(file.write(line));
    }
    CHECK(content(dir / "log") == "six\n");
    CHECK(content(dir / "log.1") == "five5\n");
    CHECK(content(dir / "log.2") == "3\nfour\n");
    CHECK(::access((dir / "log.3").c_str(), F_OK) != 0);
}

TEST_CASE("a block of lines is spread over as many log files as it needs") {
    const TemporaryDirectory dir;
    sys::RotatingFile file{dir / "log", 8, 9};
    CHECK(file.write("1234567\nabc\nd\nmuch longer than a file\nend\n"));
    CHECK(content(dir / "log") == "end\n");
    CHECK(content(dir / "log.1") == "much longer than a file\n");
    CHECK(content(dir / "log.2") == "abc\nd\n");
    CHECK(content(dir / "log.3") == "1234567\n");
}

TEST_CASE("a block without an end of line that is longer than a log file has one to itself") {
    const TemporaryDirectory dir;
    sys::RotatingFile file{dir / "log", 8, 1};
    CHECK(file.write("one\n"));
    CHECK(file.write("a prompt without an end"));
    CHECK(content(dir / "log") == "a prompt without an end");
    CHECK(content(dir / "log.1") == "one\n");
}

TEST_CASE("a line without an end is ended before the next one, but not before its rest") {
    const TemporaryDirectory dir;
    sys::RotatingFile file{dir / "log", 0, 0};
    CHECK(file.write("name: "));
    CHECK(file.write("anna\nname: ", true));
    CHECK(file.write("another line\n"));
    CHECK(file.write("no end"));
    sys::RotatingFile later{dir / "log", 0, 0};
    CHECK(later.write("later\n"));
    CHECK(content(dir / "log") == "name: anna\nname: \nanother line\nno end\nlater\n");
}

TEST_CASE("without old log files to keep a full one begins anew") {
    const TemporaryDirectory dir;
    sys::RotatingFile file{dir / "log", 8, 0};
    CHECK(file.write("1234567\n"));
    CHECK(file.write("next\n"));
    CHECK(content(dir / "log") == "next\n");
    CHECK(::access((dir / "log.1").c_str(), F_OK) != 0);
}

TEST_CASE("what is no regular file is no log file") {
    const TemporaryDirectory dir;
    REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
    REQUIRE(::symlink("/dev/null", (dir / "link").c_str()) == 0);
    for (const auto* name : {"fifo", "link", ""}) {
        sys::RotatingFile file{dir / name, 0, 0};
        const auto written = file.write("x\n");
        REQUIRE_FALSE(written);
        CHECK(written.error().code == (*name == '\0' ? EISDIR : sys::kNotRegular));
    }
}

TEST_CASE("a log file that could not be written is tried again") {
    const TemporaryDirectory dir;
    REQUIRE(::mkdir((dir / "log").c_str(), 0700) == 0);
    sys::RotatingFile file{dir / "log", 0, 0};
    CHECK_FALSE(file.write("lost\n"));
    REQUIRE(::rmdir((dir / "log").c_str()) == 0);
    CHECK(file.write("there\n"));
    CHECK(content(dir / "log") == "there\n");
}
