// SPDX-License-Identifier: MIT
#include "runtime/child_environment.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace std::string_view_literals;
using runtime::make_environment;
using runtime::parse_environment_file;
using runtime::parse_secret;
using runtime::VariableTable;

namespace {

/// A directory of its own for one test, removed with it.
class Directory {
  public:
    Directory() {
        std::string pattern = std::filesystem::temp_directory_path() / "pidone-unit-XXXXXX";
        path_ = mkdtemp(pattern.data());
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string write(const std::string& name, std::string_view content) const {
        const auto path = path_ / name;
        std::ofstream{path, std::ios::binary} << content;
        return path;
    }
    [[nodiscard]] std::string path(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

std::string file_error(std::string_view text) {
    const auto parsed = parse_environment_file(text);
    REQUIRE_FALSE(parsed);
    return std::to_string(parsed.error().line) + ": " + parsed.error().message;
}

}  // namespace

TEST_CASE("an environment file is NAME=VALUE lines, comments and blank lines") {
    const auto parsed = parse_environment_file(
        "# a comment\n"
        "\n"
        "A=1\n"
        "  B = two words \r\n"
        "C='literal \\\" $x'\n"
        "D=\"a \\\"b\\\" \\\\ c\"\n"
        "E=\n"
        "F=it's # all value");

    REQUIRE(parsed);
    const core::Variables expected{
        {"A", "1"}, {"B", "two words"},       {"C", "literal \\\" $x"}, {"D", "a \"b\" \\ c"},
        {"E", ""},  {"F", "it's # all value"}};
    CHECK(*parsed == expected);
}

TEST_CASE("a wrong line of an environment file is named by its number") {
    CHECK(file_error("A=1\nnonsense\n") == "2: expected NAME=VALUE");
    CHECK(file_error("1A=x\n") == "1: expected NAME=VALUE");
    CHECK(file_error("A='x\n") == "1: the quote is not closed");
    CHECK(file_error("A=\"x\" y\n") == "1: unexpected text after the closing quote");
    CHECK(file_error("\nA=x\0y\n"sv) == "2: a NUL byte, which no variable can hold");
}

TEST_CASE("one newline at the end does not belong to a secret") {
    CHECK(parse_secret("s3cret").value() == "s3cret");
    CHECK(parse_secret("s3cret\n").value() == "s3cret");
    CHECK(parse_secret("s3cret\n\n").value() == "s3cret\n");
    CHECK(parse_secret(" s3 cret ").value() == " s3 cret ");
    CHECK(parse_secret("").error() == "is empty");
    CHECK(parse_secret("\n").error() == "is empty");
    CHECK(parse_secret("a\0b"sv).error() == "holds a NUL byte, which no variable can");
}

TEST_CASE("of two entries of one name the first counts, as for getenv") {
    VariableTable table{std::vector<std::string>{"A=1", "nonsense", "A=2", "B=x=y"}};

    CHECK(table.entries() == std::vector<std::string>{"A=1", "B=x=y"});
    table.set("A", "3");
    table.unset("B");
    CHECK(table.entries() == std::vector<std::string>{"A=3"});
    CHECK_FALSE(table.get("B"));
}

TEST_CASE("what PID 1 got for itself is not handed on") {
    const auto made = make_environment({},
                                       {"PATH=/bin", "NOTIFY_SOCKET=/run/n", "LISTEN_FDS=1",
                                        "LISTEN_PID=1", "PIDONE_SERVICE=x", "PIDONE_CONTROL=/c"},
                                       std::nullopt);

    REQUIRE(made);
    CHECK(made->entries() == std::vector<std::string>{"PATH=/bin", "PIDONE_CONTROL=/c"});
}

TEST_CASE("the user decides HOME, USER and LOGNAME, and the environment has the last word") {
    core::ChildSpec spec;
    spec.environment = {{"HOME", "/srv"}};
    sys::User mysql;
    mysql.name = "mysql";
    mysql.home = "/nonexistent";

    const auto made = make_environment(spec, {"HOME=/root", "USER=root"}, mysql);

    REQUIRE(made);
    CHECK(made->entries() == std::vector<std::string>{"HOME=/srv", "USER=mysql", "LOGNAME=mysql"});
}

TEST_CASE("a uid without a name has the root directory as its home and no name") {
    const auto made =
        make_environment({}, {"HOME=/root", "USER=root", "LOGNAME=root"}, sys::User{});

    REQUIRE(made);
    CHECK(made->entries() == std::vector<std::string>{"HOME=/"});
}

TEST_CASE("files, environment and secrets override each other in this order") {
    const Directory directory;
    core::ChildSpec spec;
    spec.clear_environment = true;
    spec.environment_files = {{.path = directory.write("env", "A=file\nB=file\nC=file\n")},
                              {.path = directory.path("none"), .is_optional = true}};
    spec.environment = {{"B", "toml"}, {"C", "toml"}};
    spec.secrets = {{"C", directory.write("c", "secret\n")}};

    const auto made = make_environment(spec, {"A=inherited", "Z=inherited"}, std::nullopt);

    REQUIRE(made);
    CHECK(made->entries() == std::vector<std::string>{"A=file", "B=toml", "C=secret"});
}

TEST_CASE("a secret that cannot be had ends the start with its remedy") {
    const Directory directory;
    core::ChildSpec spec;

    SUBCASE("missing") {
        spec.secrets = {{"P", directory.path("none")}};
        const auto made = make_environment(spec, {}, std::nullopt);
        REQUIRE_FALSE(made);
        CHECK(made.error().exit_code == 78);
        CHECK(made.error().error_number == ENOENT);
        CHECK(made.error().text == "secret 'P' cannot be read from '" + directory.path("none") +
                                       "'; list it under 'secrets:' of the container in the "
                                       "compose file");
    }
    SUBCASE("empty") {
        spec.secrets = {{"P", directory.write("p", "\n")}};
        const auto made = make_environment(spec, {}, std::nullopt);
        REQUIRE_FALSE(made);
        CHECK(made.error().exit_code == 78);
        CHECK(made.error().text == "secret 'P' in '" + directory.path("p") + "' is empty");
    }
    SUBCASE("a missing environment file that is not optional") {
        spec.environment_files = {{.path = directory.path("none")}};
        const auto made = make_environment(spec, {}, std::nullopt);
        REQUIRE_FALSE(made);
        CHECK(made.error().text ==
              "environment-file '" + directory.path("none") + "' cannot be read");
    }
}

TEST_CASE("NAME_FILE names the file of a secret from the environment") {
    const Directory directory;
    core::ChildSpec spec;
    spec.secrets_from_env = {"P"};
    const auto file = "P_FILE=" + directory.write("p", "word\n");

    SUBCASE("the file alone") {
        const auto made = make_environment(spec, {file}, std::nullopt);
        REQUIRE(made);
        CHECK(made->entries() == std::vector<std::string>{"P=word"});
    }
    SUBCASE("the value alone") {
        const auto made = make_environment(spec, {"P=plain"}, std::nullopt);
        REQUIRE(made);
        CHECK(made->entries() == std::vector<std::string>{"P=plain"});
    }
    SUBCASE("both") {
        const auto made = make_environment(spec, {"P=plain", file}, std::nullopt);
        REQUIRE_FALSE(made);
        CHECK(made.error().text == "both 'P' and 'P_FILE' are set; keep one of them");
    }
}
