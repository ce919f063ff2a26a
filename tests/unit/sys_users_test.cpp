// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "sys/users.hpp"
#include "sys_support.hpp"

namespace {

struct Fixture {
    Fixture() {
        REQUIRE(sys::write_file_atomic(files.passwd,
                                       "root:x:0:0:root:/root:/bin/bash\n"
                                       "mysql:x:101:102:MySQL:/var/lib/mysql:/bin/false\n"
                                       "1234:x:55:55::/odd:/bin/false\n",
                                       0644));
        REQUIRE(sys::write_file_atomic(
            files.group, "root:x:0:\nmysql:x:102:mysql\nssl:x:110:www,mysql\nadm:x:4:www\n", 0644));
    }
    sys_support::TemporaryDirectory directory;
    sys::UserFiles files{directory / "passwd", directory / "group"};
    using Groups = std::vector<std::uint32_t>;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a name gives ids, home and every group of the user") {
    const auto user = sys::lookup_user("mysql", files);

    REQUIRE(user);
    CHECK(user->uid == 101);
    CHECK(user->gid == 102);
    CHECK(user->name == "mysql");
    CHECK(user->home == "/var/lib/mysql");
    CHECK(user->groups == Groups{102, 110});
}

TEST_CASE_FIXTURE(Fixture, "a number finds its entry") {
    const auto user = sys::lookup_user("101", files);

    REQUIRE(user);
    CHECK(user->name == "mysql");
    CHECK(user->groups == Groups{102, 110});
}

TEST_CASE_FIXTURE(Fixture, "a number needs no entry") {
    const auto user = sys::lookup_user("4711", files);

    REQUIRE(user);
    CHECK(user->uid == 4711);
    CHECK(user->gid == 4711);
    CHECK_FALSE(user->has_group);
    CHECK(user->name.empty());
    CHECK(user->groups == Groups{4711});
}

TEST_CASE_FIXTURE(Fixture, "a group after the colon replaces the primary one") {
    CHECK(sys::lookup_user("mysql:adm", files)->groups == Groups{4, 102, 110});
    CHECK(sys::lookup_user("mysql:7", files)->gid == 7);
    CHECK(sys::lookup_user("4711:4712", files)->gid == 4712);
    CHECK(sys::lookup_user("4711:4712", files)->has_group);
}

TEST_CASE_FIXTURE(Fixture, "a number is a uid even when somebody has it as a name") {
    CHECK(sys::lookup_user("1234", files)->uid == 1234);
}

TEST_CASE_FIXTURE(Fixture, "who does not exist is named with the file") {
    CHECK(sys::lookup_user("mysqk", files).error() == "no user 'mysqk' in " + files.passwd);
    CHECK(sys::lookup_user("mysql:x", files).error() == "no group 'x' in " + files.group);
    CHECK(sys::lookup_user("mysql:", files).error() == "no group '' in " + files.group);
    CHECK(sys::lookup_user(":mysql", files).error() ==
          "expected a user, a uid, user:group or uid:gid, got ':mysql'");
    CHECK(sys::lookup_user("4294967295", files).error() ==
          "no user '4294967295' in " + files.passwd);
}

TEST_CASE("without any passwd file numbers still work") {
    const sys::UserFiles nowhere{"/nowhere/passwd", "/nowhere/group"};

    CHECK(sys::lookup_user("33:33", nowhere)->gid == 33);
    CHECK_FALSE(sys::lookup_user("mysql", nowhere));
}
