// SPDX-License-Identifier: MIT
#include "runtime/child_setup.hpp"

#include <doctest/doctest.h>

using runtime::staging_path;
using runtime::with_staging;

TEST_CASE("the staging directory is a hidden sibling of its target") {
    CHECK(staging_path("/var/lib/mysql/data") == "/var/lib/mysql/.data.pidone-staging");
    CHECK(staging_path("/data") == "/.data.pidone-staging");
    CHECK(staging_path("/srv/site/") == "/srv/.site.pidone-staging");
}

TEST_CASE("every ${STAGING} in every word is replaced") {
    const std::vector<std::string> command{"cp", "--to=${STAGING}", "${STAGING}/a:${STAGING}/b",
                                           "$STAGING"};

    CHECK(with_staging(command, "/s") ==
          std::vector<std::string>{"cp", "--to=/s", "/s/a:/s/b", "$STAGING"});
    CHECK(with_staging({"${STAGING}"}, "/${STAGING}") == std::vector<std::string>{"/${STAGING}"});
}
