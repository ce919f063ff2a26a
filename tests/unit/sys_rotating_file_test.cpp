// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "sys/rotating_file.hpp"

namespace {

struct Directory {
    std::string path;
    Directory() {
        char name[] = "/tmp/pidone-rotate-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Directory() { std::filesystem::remove_all(path); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] std::string content(const std::string& name) const {
        std::ifstream file{path + "/" + name};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    [[nodiscard]] bool has(const std::string& name) const {
        return std::filesystem::exists(path + "/" + name);
    }
};

}  // namespace

TEST_CASE("a log file is made with its directory, and appended to") {
    const Directory dir;
    sys::RotatingFile file{dir.path + "/a/b.log", 0, 0};
    CHECK(file.write("one\n"));
    CHECK(file.write("two\n"));
    CHECK(dir.content("a/b.log") == "one\ntwo\n");
    struct stat info {};
    CHECK(::stat((dir.path + "/a/b.log").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U & ~0640U) == 0);
    sys::RotatingFile again{dir.path + "/a/b.log", 0, 0};
    CHECK(again.write("three\n"));
    CHECK(dir.content("a/b.log") == "one\ntwo\nthree\n");
}

TEST_CASE("a full log file moves on, and the oldest one goes") {
    const Directory dir;
    sys::RotatingFile file{dir.path + "/log", 8, 2};
    for (const auto* line : {"one\n", "two\n", "3\n", "four\n", "five5\n", "six\n"}) {
        CHECK(file.write(line));
    }
    CHECK(dir.content("log") == "six\n");
    CHECK(dir.content("log.1") == "five5\n");
    CHECK(dir.content("log.2") == "3\nfour\n");
    CHECK_FALSE(dir.has("log.3"));
}

TEST_CASE("a block of lines is spread over as many log files as it needs") {
    const Directory dir;
    sys::RotatingFile file{dir.path + "/log", 8, 9};
    CHECK(file.write("1234567\nabc\nd\nmuch longer than a file\nend\n"));
    CHECK(dir.content("log") == "end\n");
    CHECK(dir.content("log.1") == "much longer than a file\n");
    CHECK(dir.content("log.2") == "abc\nd\n");
    CHECK(dir.content("log.3") == "1234567\n");
}

TEST_CASE("a block without an end of line that is longer than a log file has one to itself") {
    const Directory dir;
    sys::RotatingFile file{dir.path + "/log", 8, 1};
    CHECK(file.write("one\n"));
    CHECK(file.write("a prompt without an end"));
    CHECK(dir.content("log") == "a prompt without an end");
    CHECK(dir.content("log.1") == "one\n");
}

TEST_CASE("a line without an end is ended before the next one, but not before its rest") {
    const Directory dir;
    sys::RotatingFile file{dir.path + "/log", 0, 0};
    CHECK(file.write("name: "));
    CHECK(file.write("anna\nname: ", true));
    CHECK(file.write("another line\n"));
    CHECK(file.write("no end"));
    sys::RotatingFile later{dir.path + "/log", 0, 0};
    CHECK(later.write("later\n"));
    CHECK(dir.content("log") == "name: anna\nname: \nanother line\nno end\nlater\n");
}

TEST_CASE("without old log files to keep a full one begins anew") {
    const Directory dir;
    sys::RotatingFile file{dir.path + "/log", 8, 0};
    CHECK(file.write("1234567\n"));
    CHECK(file.write("next\n"));
    CHECK(dir.content("log") == "next\n");
    CHECK_FALSE(dir.has("log.1"));
}

TEST_CASE("what is no regular file is no log file") {
    const Directory dir;
    REQUIRE(::mkfifo((dir.path + "/fifo").c_str(), 0600) == 0);
    REQUIRE(::symlink("/dev/null", (dir.path + "/link").c_str()) == 0);
    for (const auto* name : {"/fifo", "/link", ""}) {
        sys::RotatingFile file{dir.path + name, 0, 0};
        CHECK_FALSE(file.write("x\n"));
    }
}

TEST_CASE("a log file that could not be written is tried again") {
    const Directory dir;
    REQUIRE(::mkdir((dir.path + "/log").c_str(), 0700) == 0);
    sys::RotatingFile file{dir.path + "/log", 0, 0};
    CHECK_FALSE(file.write("lost\n"));
    REQUIRE(::rmdir((dir.path + "/log").c_str()) == 0);
    CHECK(file.write("there\n"));
    CHECK(dir.content("log") == "there\n");
}
