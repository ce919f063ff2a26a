// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <stdlib.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "cli/check_world.hpp"
#include "config_support.hpp"

namespace {

namespace fs = std::filesystem;

/// A directory that is removed with everything in it.
class Scratch {
  public:
    Scratch() {
        std::array<char, 32> name{"/tmp/pidone-check-XXXXXX"};
        path_ = ::mkdtemp(name.data());
    }
    ~Scratch() { fs::remove_all(path_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    void write(const std::string& name, std::string_view text) const {
        std::ofstream{path_ + "/" + name} << text;
    }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// The complaints about one service; "@" in its text stands for the scratch directory.
std::string complaints(const Scratch& scratch, std::string text, cli::Absence absence) {
    for (auto at = text.find('@'); at != std::string::npos; at = text.find('@')) {
        text.replace(at, 1, scratch.path());
    }
    const std::vector<config::SourceFile> files{
        {"x.toml", scratch.path(), "x", false, "command = [\"/bin/sh\"]\n" + text}};
    auto loaded = config::load_all(files, TestEnvironment{});
    REQUIRE(loaded.diagnostics.render() == "");
    cli::check_world(loaded, absence);
    std::string messages;
    for (const auto& entry : loaded.diagnostics.entries()) {
        auto message = entry.message;
        for (auto at = message.find(scratch.path()); at != std::string::npos;
             at = message.find(scratch.path())) {
            message.replace(at, scratch.path().size(), "@");
        }
        messages += (entry.severity == config::Severity::Error ? "" : "warning: ") + message + "\n";
    }
    return messages;
}

std::string errors(const Scratch& scratch, const std::string& text) {
    return complaints(scratch, text, cli::Absence::Error);
}

}  // namespace

TEST_CASE("a program that does not exist or may not be executed is found before the start") {
    const Scratch scratch;
    scratch.write("plain", "no program");

    CHECK(errors(scratch, "") == "");
    CHECK(errors(scratch, "[[setup]]\ncommand = [\"/nonexistent/prog\"]\n") ==
          "program '/nonexistent/prog' does not exist\n");
    CHECK(errors(scratch, "[[setup]]\ncommand = [\"@/plain\"]\n") ==
          "program '@/plain' cannot be executed\n");
    CHECK(errors(scratch, "environment = { PATH = \"@\" }\nready = { exec = [\"curl\"] }\n") ==
          "program 'curl' in PATH '@': no such file or directory\n");
    CHECK(errors(scratch, "before-stop = { command = [\"/nonexistent/drain\"] }\n") ==
          "program '/nonexistent/drain' does not exist\n");
}

TEST_CASE("a program with its arguments in one string is told how to write them") {
    const std::vector<config::SourceFile> files{
        {"x.toml", "/", "x", false, "command = [\"/bin/sh -c true\"]\n"}};
    auto loaded = config::load_all(files, TestEnvironment{});

    cli::check_world(loaded, cli::Absence::Error);

    REQUIRE(loaded.diagnostics.entries().size() == 1);
    CHECK(loaded.diagnostics.entries()[0].hint ==
          "each argument is a string of its own: [\"/path/to/program\", \"argument\"]");
}

TEST_CASE("a user or an owner that does not exist is found before the start") {
    const Scratch scratch;

    CHECK(errors(scratch, "user = \"root\"\n") == "");
    CHECK(errors(scratch, "user = 4242\n") == "");
    CHECK(errors(scratch, "user = \"no-such-user\"\n") ==
          "no user 'no-such-user' in /etc/passwd\n");
    CHECK(errors(scratch, "directories = [{ path = \"@/d\", owner = \"no-such-user\" }]\n") ==
          "no user 'no-such-user' in /etc/passwd\n");
}

TEST_CASE("what looks at a service, its sockets and its log need a world of their own") {
    const Scratch scratch;

    CHECK(errors(scratch, "[health]\nprobe = { exec = [\"/nonexistent/ping\"] }\n") ==
          "program '/nonexistent/ping' does not exist\n");
    CHECK(errors(scratch, "listen = [{ url = \"unix:@/s\", owner = \"no-such-user\" }]\n") ==
          "no user 'no-such-user' in /etc/passwd\n");
    const auto log_to = [&](const std::string& path) {
        return errors(scratch, "[log]\nmode = \"prefix\"\nfile = \"" + path + "\"\n");
    };
    CHECK(log_to("@/x.log") == "");
    CHECK(log_to("@") == "'@' is a directory\n");
    CHECK(log_to("/dev/full") == "'/dev/full' is not a regular file\n");
    fs::create_symlink("x.log", scratch.path() + "/link");
    CHECK(log_to("@/link") == "'@/link' is not a regular file\n");
}

TEST_CASE("directories of sockets and log files are made, but not in place of a file") {
    const Scratch scratch;
    scratch.write("file", "");

    CHECK(errors(scratch, "listen = [\"unix:@/no/such/s\"]\n") == "");
    CHECK(errors(scratch, "listen = [\"unix:@/file/s\"]\n") == "'@/file' is no directory\n");
    const std::string log = "[log]\nmode = \"prefix\"\nfile = ";
    CHECK(errors(scratch, log + "\"@/no/such/x.log\"\n") == "");
    CHECK(errors(scratch, log + "\"@/file/x.log\"\n") == "'@/file' is no directory\n");
}

TEST_CASE("a time zone is in the tz database, UTC everywhere") {
    const Scratch scratch;
    const std::string text = "type = \"oneshot\"\nschedule = \"0 3 * * *\"\ntimezone = ";

    CHECK(errors(scratch, text + "\"UTC\"\n") == "");
    CHECK(errors(scratch, text + "\"Mars/Olympus\"\n") ==
          "timezone 'Mars/Olympus': /usr/share/zoneinfo/Mars/Olympus: no such file or directory "
          "(Debian's package tzdata brings the time zones)\n");
    CHECK(complaints(scratch, text + "\"Mars/Olympus\"\n", cli::Absence::Warning) ==
          "warning: timezone 'Mars/Olympus': /usr/share/zoneinfo/Mars/Olympus: no such file or "
          "directory (Debian's package tzdata brings the time zones)\n");
}

TEST_CASE("what all instances lack is said once") {
    const Scratch scratch;

    CHECK(errors(scratch, "instances = 3\nuser = \"no-such-user\"\n") ==
          "no user 'no-such-user' in /etc/passwd\n");
}

TEST_CASE("a secret that no variable can hold is found before the start") {
    const Scratch scratch;
    scratch.write("good", "x\n");
    scratch.write("empty", "\n");
    scratch.write("nul", std::string_view{"a\0b", 3});

    CHECK(errors(scratch, "secrets = { A = \"@/good\" }\n") == "");
    CHECK(errors(scratch, "secrets = { A = \"@/empty\" }\n") ==
          "secret 'A' in '@/empty' is empty\n");
    CHECK(errors(scratch, "secrets = { A = \"@/nul\" }\n") ==
          "secret 'A' in '@/nul' holds a NUL byte, which no variable can\n");
    CHECK(errors(scratch, "secrets = { A = \"@/none\" }\n") ==
          "secret 'A' in '@/none': no such file or directory\n");
}

TEST_CASE("a secret that a variable names is looked at like any other") {
    const Scratch scratch;
    scratch.write("good", "x\n");
    scratch.write("empty", "\n");
    const auto with = [](const std::string& variables) {
        return "environment = { " + variables + " }\nsecrets-from-env = [\"PIDONE_T\"]\n";
    };

    CHECK(errors(scratch, with("")) == "");
    CHECK(errors(scratch, with("PIDONE_T_FILE = \"@/good\"")) == "");
    CHECK(errors(scratch, with("PIDONE_T_FILE = \"@/empty\"")) ==
          "secret 'PIDONE_T' in '@/empty' is empty\n");
    CHECK(errors(scratch, with("PIDONE_T_FILE = \"@/none\"")) ==
          "secret 'PIDONE_T' in '@/none': no such file or directory\n");
    scratch.write("both", "PIDONE_T=x\nPIDONE_T_FILE=/x\n");
    CHECK(errors(scratch, "environment-file = [\"@/both\"]\nsecrets-from-env = [\"PIDONE_T\"]\n") ==
          "both 'PIDONE_T' and 'PIDONE_T_FILE' are set; keep one of them\n");
}

TEST_CASE("a name that a template uses and nothing defines is found before the start") {
    const Scratch scratch;
    scratch.write("x.in", "${PIDONE_T} ${PIDONE_U}\n");
    scratch.write("t", "PIDONE_T=1\n");
    scratch.write("broken", "PIDONE_T\n");
    const std::string file = "[[template]]\nsource = \"x.in\"\ntarget = \"@/out\"\n";
    const std::string both = "'PIDONE_T' is not defined\n'PIDONE_U' is not defined\n";

    CHECK(errors(scratch, file) == both);
    CHECK(errors(scratch, "environment = { PIDONE_T = \"\", PIDONE_U = \"\" }\n" + file) == "");
    CHECK(errors(scratch, "environment-file = [\"@/t\"]\n" + file) ==
          "'PIDONE_U' is not defined\n");
    CHECK(errors(scratch, "secrets = { PIDONE_U = \"@/t\" }\n" + file) ==
          "'PIDONE_T' is not defined\n");
    CHECK(errors(scratch, "environment-file = [\"-@/none\"]\n" + file) ==
          "warning: 'PIDONE_T' is not defined\nwarning: 'PIDONE_U' is not defined\n");
    CHECK(errors(scratch,
                 "environment-file = [\"@/broken\"]\nsecrets = { PIDONE_U = \"@/t\" }\n" + file) ==
          "@/broken:1: expected NAME=VALUE\nwarning: 'PIDONE_T' is not defined\n");
    CHECK(complaints(scratch, "secrets = { PIDONE_U = \"@/t\" }\n" + file, cli::Absence::Warning) ==
          "warning: 'PIDONE_T' is not defined\n");
}

TEST_CASE("a stamp in a directory that nothing makes is a warning") {
    const Scratch scratch;
    const std::string step = "[[setup]]\ncommand = [\"/bin/sh\"]\nonce = \"@/none/stamp\"\n";

    CHECK(errors(scratch, step) == "warning: directory '@/none' does not exist\n");
    CHECK(errors(scratch, "directories = [{ path = \"@/none\" }]\n" + step) == "");
}

TEST_CASE("a template is read and its syntax checked before the start") {
    const Scratch scratch;
    scratch.write("good.in", "${PATH|sql} $uri");
    scratch.write("bad.in", "line\nx = ${ANY|xml}\n");
    const auto with = [](const std::string& source, const std::string& target) {
        return "[[template]]\nsource = \"" + source + "\"\ntarget = \"" + target + "\"\n";
    };

    CHECK(errors(scratch, with("good.in", "@/out")) == "");
    CHECK(errors(scratch, with("none.in", "@/out")) ==
          "template '@/none.in': no such file or directory\n");
    CHECK(errors(scratch, with("bad.in", "@/out")) ==
          "unknown filter 'xml', expected sql, php, json or shell\n");
    CHECK(errors(scratch, with("good.in", "@/none/out")) == "directory '@/none' does not exist\n");
    CHECK(errors(scratch,
                 "directories = [{ path = \"@/none\" }]\n" + with("good.in", "@/none/out")) == "");
}

TEST_CASE("a directory that is a file and files that do not exist are found before the start") {
    const Scratch scratch;
    scratch.write("file", "");

    CHECK(errors(scratch, "directories = [{ path = \"@/a/b/c\" }]\n") == "");
    CHECK(errors(scratch, "directories = [{ path = \"@/file\" }]\n") ==
          "'@/file' is no directory\n");
    CHECK(errors(scratch, "directories = [{ path = \"@/file/x\" }]\n") ==
          "'@/file' is no directory\n");
    CHECK(errors(scratch, "working-directory = \"@/none\"\n") ==
          "directory '@/none' does not exist\n");
    CHECK(errors(scratch, "environment-file = [\"@/none\", \"-@/none\"]\n") ==
          "file '@/none' does not exist\n");
    CHECK(errors(scratch, "[[setup]]\ncommand = [\"/bin/sh\"]\nstdin = \"@/none\"\n") ==
          "file '@/none' does not exist\n");
}

TEST_CASE("away from the container all of that is a warning, but not a broken template") {
    const Scratch scratch;
    scratch.write("bad.in", "${ANY|xml}\n");

    const auto text = complaints(scratch,
                                 "user = \"no-such-user\"\n[[template]]\nsource = \"bad.in\"\n"
                                 "target = \"@/none/out\"\n",
                                 cli::Absence::Warning);

    CHECK(text ==
          "warning: no user 'no-such-user' in /etc/passwd\n"
          "unknown filter 'xml', expected sql, php, json or shell\n"
          "warning: directory '@/none' does not exist\n");
}

TEST_CASE("what a reload leaves as it is needs nothing") {
    const std::vector<config::SourceFile> files{
        {"a.toml", "/", "a", false, "command = [\"/nonexistent/a\"]\n"},
        {"b.toml", "/", "b", false, "command = [\"/nonexistent/b\"]\n"}};
    auto loaded = config::load_all(files, TestEnvironment{});
    const std::vector<core::Successor> from{{core::ServiceId{1}, true}, {core::ServiceId{0}}};

    cli::check_world(loaded, cli::Absence::Error, from);

    REQUIRE(loaded.diagnostics.entries().size() == 1);
    CHECK(loaded.diagnostics.entries()[0].message == "program '/nonexistent/b' does not exist");
}

TEST_CASE("a service that is not enabled needs nothing") {
    const Scratch scratch;
    const std::vector<config::SourceFile> files{
        {"a.toml", "/", "a", false, "command = [\"/bin/sh\"]\n"},
        {"b.toml", "/", "b", false, "command = [\"/nonexistent\"]\nenabled = false\n"}};
    auto loaded = config::load_all(files, TestEnvironment{});

    cli::check_world(loaded, cli::Absence::Error);

    CHECK(loaded.diagnostics.render() == "");
}
