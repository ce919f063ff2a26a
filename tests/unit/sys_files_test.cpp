// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "sys/error_text.hpp"
#include "sys/files.hpp"
#include "sys_support.hpp"

using sys_support::exit_code_of;
using sys_support::TemporaryDirectory;
using sys_support::text_of;

namespace {

unsigned mode_of(const std::string& path) {
    struct stat info {};
    ::stat(path.c_str(), &info);
    return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("a file is written whole, with its mode, and leaves nothing beside it") {
    const TemporaryDirectory directory;
    const auto path = directory / "file";
    REQUIRE(sys::write_file_atomic(path, "old", 0600));

    REQUIRE(sys::write_file_atomic(path, std::string(100'000, 'x'), 0640));

    CHECK(sys::read_file(path, 1 << 20)->size() == 100'000);
    CHECK(mode_of(path) == 0640);
    CHECK(sys::list_directory(directory.path())->size() == 1);
}

TEST_CASE("a file that cannot be put in place leaves nothing beside it") {
    const TemporaryDirectory directory;
    REQUIRE(sys::make_directory(directory / "target", 0755));

    const auto result = sys::write_file_atomic(directory / "target", "x", 0644);

    CHECK(text_of(result.error()) == text_of({"rename", EISDIR}));
    CHECK(sys::list_directory(directory.path())->size() == 1);
}

TEST_CASE("reading tells what is too long, missing or a directory") {
    const TemporaryDirectory directory;
    REQUIRE(sys::write_file_atomic(directory / "file", "12345", 0600));

    CHECK(sys::read_file(directory / "file", 5) == std::string{"12345"});
    CHECK(sys::read_file(directory / "file", 4).error().code == EFBIG);
    CHECK(sys::read_file(directory / "none", 4).error().code == ENOENT);
    CHECK(sys::read_file(directory.path(), 4).error().code == EISDIR);
}

TEST_CASE("reading refuses at once what is no regular file, even one that nobody writes to") {
    const TemporaryDirectory directory;
    const auto fifo = directory / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const sys::UniqueFd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    (directory / "socket").copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);

    for (const auto& path : {fifo, directory / "socket", std::string{"/dev/null"}}) {
        const auto code = exit_code_of(
            [&] { return sys::read_file(path, 4).error().code == sys::kNotRegular ? 0 : 1; });
        CHECK_MESSAGE(code == 0, path);
    }
    CHECK(sys::error_text(sys::kNotRegular) == std::string{"is not a regular file"});
}

TEST_CASE("a directory is made with its parents, and one that exists is corrected") {
    const TemporaryDirectory directory;
    const auto path = directory / "a/b/c";

    REQUIRE(sys::make_directory(path, 0750));
    CHECK(mode_of(path) == 0750);
    CHECK(mode_of(directory / "a/b") == 0755);

    REQUIRE(sys::make_directory(path + "/", 01777));
    CHECK(mode_of(path) == 01777);
}

TEST_CASE("a symlink or a file in the place of a directory is refused") {
    const TemporaryDirectory directory;
    REQUIRE(::symlink("/", (directory / "link").c_str()) == 0);
    REQUIRE(sys::write_file_atomic(directory / "file", "", 0600));

    CHECK(sys::make_directory(directory / "link", 0755).error().code == ELOOP);
    CHECK(sys::make_directory(directory / "file", 0755).error().code == ENOTDIR);
    CHECK(sys::make_directory(directory / "file/below", 0755).error().code == ENOTDIR);
}

TEST_CASE("a directory gets its owner") {
    if (::geteuid() != 0) {
        MESSAGE("needs root");
        return;
    }
    const TemporaryDirectory directory;
    REQUIRE(sys::make_directory(directory / "owned", 0750, sys::Owner{1234, 4321}));

    struct stat info {};
    REQUIRE(::stat((directory / "owned").c_str(), &info) == 0);
    CHECK(info.st_uid == 1234);
    CHECK(info.st_gid == 4321);
    CHECK((info.st_mode & 07777) == 0750);
}

TEST_CASE("removing a tree does not follow symlinks") {
    const TemporaryDirectory directory;
    REQUIRE(sys::make_directory(directory / "kept", 0755));
    REQUIRE(sys::write_file_atomic(directory / "kept/file", "x", 0600));
    REQUIRE(sys::make_directory(directory / "tree/deep/er", 0755));
    REQUIRE(sys::write_file_atomic(directory / "tree/deep/file", "x", 0600));
    REQUIRE(::symlink((directory / "kept").c_str(), (directory / "tree/link").c_str()) == 0);

    REQUIRE(sys::remove_tree(directory / "tree"));

    CHECK_FALSE(sys::exists(directory / "tree"));
    CHECK(sys::exists(directory / "kept/file"));
    CHECK(sys::remove_tree(directory / "tree"));
}

TEST_CASE("root refuses a parent that is somebody else's symlink, and names the link") {
    if (::geteuid() != 0) {
        MESSAGE("needs root");
        return;
    }
    const TemporaryDirectory directory;
    REQUIRE(sys::make_directory(directory / "app", 0755, sys::Owner{1234, 1234}));
    REQUIRE(sys::make_directory(directory / "kept/tree", 0700));
    REQUIRE(sys::make_directory(directory / "staging", 0700));
    const auto link = directory / "app/link";
    REQUIRE(::symlink((directory / "kept").c_str(), link.c_str()) == 0);
    // Root's own link is refused as well where another can put one in its place.
    for (const uid_t maker : {0U, 1234U}) {
        REQUIRE(::lchown(link.c_str(), maker, maker) == 0);
        const auto tree = link + "/tree";

        CHECK(sys::make_directory(link + "/new/er", 0755).error() == sys::kForeignLink);
        CHECK(sys::make_directory(tree, 0777, sys::Owner{1234, 1234}).error() == sys::kForeignLink);
        CHECK(sys::write_file_atomic(link + "/file", "x", 0644).error() == sys::kForeignLink);
        CHECK(sys::remove_tree(tree).error() == sys::kForeignLink);
        CHECK(sys::publish_tree(directory / "staging", tree).error() == sys::kForeignLink);
        CHECK(sys::publish_tree(tree, directory / "tree").error() == sys::kForeignLink);

        CHECK(sys::foreign_link(tree + "/deep/er") == link);
    }
    CHECK(sys::list_directory(directory / "kept") == std::vector<std::string>{"tree"});
    CHECK(mode_of(directory / "kept/tree") == 0700);
}

TEST_CASE("somebody else's symlink is refused behind root's own, and so is his in root's place") {
    if (::geteuid() != 0) {
        MESSAGE("needs root");
        return;
    }
    const TemporaryDirectory directory;
    REQUIRE(sys::make_directory(directory / "app", 0755, sys::Owner{1234, 1234}));
    REQUIRE(::symlink(directory.path().c_str(), (directory / "app/back").c_str()) == 0);
    REQUIRE(::symlink("app/back", (directory / "roots").c_str()) == 0);
    REQUIRE(::symlink(".", (directory / "his").c_str()) == 0);
    REQUIRE(::lchown((directory / "his").c_str(), 1234, 1234) == 0);

    CHECK(sys::make_directory(directory / "roots/new", 0755).error() == sys::kForeignLink);
    CHECK(sys::foreign_link(directory / "roots/new") == directory / "app/back");
    CHECK(sys::make_directory(directory / "his/new", 0755).error() == sys::kForeignLink);
    CHECK(sys::foreign_link(directory / "his/new") == directory / "his");
    CHECK(sys::foreign_link(directory / "app/new").empty());
    CHECK_FALSE(sys::exists(directory / "new"));
}

TEST_CASE("a parent that is our own symlink is followed, as /var/run is") {
    const TemporaryDirectory directory;
    REQUIRE(sys::make_directory(directory / "var", 0755));
    REQUIRE(sys::make_directory(directory / "run", 0755));
    REQUIRE(::symlink("../run", (directory / "var/run").c_str()) == 0);
    REQUIRE(::symlink((directory / "var//").c_str(), (directory / "absolute").c_str()) == 0);
    REQUIRE(::symlink("loop", (directory / "loop").c_str()) == 0);

    REQUIRE(sys::make_directory(directory / "absolute/run/a/b", 0755));
    REQUIRE(sys::write_file_atomic(directory / "var/run//a/./b/../file", "x", 0600));

    CHECK(sys::kind_of(directory / "run/a/b") == sys::FileKind::Directory);
    CHECK(sys::read_file(directory / "run/a/file", 1) == std::string{"x"});
    CHECK(sys::make_directory(directory / "loop/x", 0755).error().code == ELOOP);
    REQUIRE(sys::remove_tree(directory / "var/run/a"));
    CHECK(sys::list_directory(directory / "run")->empty());
}

TEST_CASE("the root and the working directory are their own parents") {
    CHECK(sys::make_directory("/", mode_of("/")));
    CHECK(sys::make_directory(".", mode_of(".")));
    CHECK(sys::write_file_atomic("", "x", 0600).error().code == ENOENT);
    CHECK(sys::write_file_atomic("/", "x", 0600).error().code == EBUSY);
}

TEST_CASE("a complete tree takes its place, but never that of a full one") {
    const TemporaryDirectory directory;
    REQUIRE(sys::make_directory(directory / "staging/sub", 0755));
    REQUIRE(sys::make_directory(directory / "full/sub", 0755));

    CHECK(sys::publish_tree(directory / "staging", directory / "full").error().code == ENOTEMPTY);
    REQUIRE(sys::publish_tree(directory / "staging", directory / "data"));

    CHECK(sys::kind_of(directory / "data/sub") == sys::FileKind::Directory);
    CHECK_FALSE(sys::exists(directory / "staging"));
}

TEST_CASE("a program is looked up as execvp does") {
    const TemporaryDirectory directory;
    REQUIRE(sys::make_directory(directory / "a/tool", 0755));
    REQUIRE(sys::make_directory(directory / "b", 0755));
    REQUIRE(sys::write_file_atomic(directory / "b/tool", "", 0755));
    REQUIRE(sys::write_file_atomic(directory / "b/plain", "", 0644));
    const auto path = (directory / "a") + ":" + (directory / "b");

    CHECK(sys::find_program("tool", path) == directory / "b/tool");
    CHECK(sys::find_program("plain", path).error().code == EACCES);
    CHECK(sys::find_program("none", path).error().code == ENOENT);
    CHECK(sys::find_program("", path).error().code == ENOENT);
    CHECK(sys::find_program("./x", path) == std::string{"./x"});
}
