// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string_view>

#include "cli/init_mode.hpp"

using namespace std::string_view_literals;

TEST_CASE("a PID 1 with a program behind -- is in command mode") {
    CHECK(cli::is_command_mode("/usr/bin/pidone\0run\0--\0bash\0"sv));
    CHECK(cli::is_command_mode("pidone\0--\0sh\0-c\0exit 3\0"sv));
}

TEST_CASE("a PID 1 that runs services, or is no pidone, is not") {
    CHECK_FALSE(cli::is_command_mode("/usr/bin/pidone\0run\0--\0"sv));
    CHECK_FALSE(cli::is_command_mode("/usr/bin/pidone\0run\0-c\0/etc/pidone\0"sv));
    CHECK_FALSE(cli::is_command_mode("/sbin/docker-init\0--\0bash\0"sv));
    CHECK_FALSE(cli::is_command_mode(""sv));
}
