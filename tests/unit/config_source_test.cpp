// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "config/source.hpp"

TEST_CASE("files apply directory by directory, the overrides of each sorted behind its files") {
    const auto plan = config::plan_sources({
        {"/etc/pidone",
         {"web.toml", "README", ".web.toml", "db.toml", ".toml", "my.cnf.in"},
         {{"web.d", {"20.toml", "10.toml", "notes.txt"}}, {"..data.d", {"x.toml"}}}},
        {"extra/", {"web.toml", "pidone.toml"}, {}},
    });

    std::vector<std::string> paths;
    for (const auto& file : plan) {
        paths.push_back(file.path + " " + file.service + (file.is_override ? " override" : ""));
    }

    CHECK(paths == std::vector<std::string>{
                       "/etc/pidone/db.toml db",
                       "/etc/pidone/web.toml web",
                       "/etc/pidone/web.d/10.toml web override",
                       "/etc/pidone/web.d/20.toml web override",
                       "extra/pidone.toml pidone",
                       "extra/web.toml web",
                   });
}

TEST_CASE("templates of an override lie beside the override") {
    const auto plan = config::plan_sources({{"/etc/pidone", {}, {{"web.d", {"x.toml"}}}}});

    REQUIRE(plan.size() == 1);
    CHECK(plan[0].directory == "/etc/pidone/web.d");
}
