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

TEST_CASE("a user or an owner that does not exist is found before the start") {
    const Scratch scratch;

    CHECK(errors(scratch, "user = \"root\"\n") == "");
    CHECK(errors(scratch, "user = 4242\n") == "");
    CHECK(errors(scratch, "user = \"no-such-user\"\n") ==
          "no user 'no-such-user' in /etc/passwd\n");
    CHECK(errors(scratch, "directories = [{ path = \"@/d\", owner = \"no-such-user\" }]\n") ==
          "no user 'no-such-user' in /etc/passwd\n");
}

TEST_CASE("a secret that is missing or empty is found before the start") {
    const Scratch scratch;
    scratch.write("good", "x\n");
    scratch.write("empty", "\n");

    CHECK(errors(scratch, "secrets = { A = \"@/good\" }\n") == "");
    CHECK(errors(scratch, "secrets = { A = \"@/empty\" }\n") ==
          "secret 'A' in '@/empty' is empty\n");
    CHECK(errors(scratch, "secrets = { A = \"@/none\" }\n") ==
          "secret 'A' in '@/none': no such file or directory\n");
}

TEST_CASE("a template is read and its syntax checked before the start") {
    const Scratch scratch;
    scratch.write("good.in", "${ANY|sql} $uri");
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

TEST_CASE("a service that is not enabled needs nothing") {
    const Scratch scratch;
    const std::vector<config::SourceFile> files{
        {"a.toml", "/", "a", false, "command = [\"/bin/sh\"]\n"},
        {"b.toml", "/", "b", false, "command = [\"/nonexistent\"]\nenabled = false\n"}};
    auto loaded = config::load_all(files, TestEnvironment{});

    cli::check_world(loaded, cli::Absence::Error);

    CHECK(loaded.diagnostics.render() == "");
}
