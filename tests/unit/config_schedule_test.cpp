// SPDX-License-Identifier: MIT
// What runs by the clock, and where the output goes.
#include "config_loading.hpp"

TEST_CASE("a oneshot runs every so often or when the clock says so") {
    const auto every = service("type = \"oneshot\"\nschedule = \"every 1h30m\"\n").schedule;
    CHECK(every.kind == core::Schedule::Kind::Every);
    CHECK(every.every == core::Duration{90 * 60'000});
    CHECK(every.text == "every 1h30m");

    const auto cron = service(
                          "type = \"oneshot\"\nschedule = \"30 3 * * *\"\n"
                          "timezone = \"America/Argentina/Buenos_Aires\"\n")
                          .schedule;
    CHECK(cron.kind == core::Schedule::Kind::Cron);
    CHECK(cron.cron.hours == 1U << 3);
    CHECK(cron.timezone == "America/Argentina/Buenos_Aires");
    CHECK(service("").schedule.kind == core::Schedule::Kind::None);
    CHECK(service("").schedule.timezone == "UTC");
}

TEST_CASE("what is wrong with a schedule is said") {
    const auto schedule = [](const std::string& text) {
        return about("type = \"oneshot\"\nschedule = " + text + "\n");
    };
    CHECK(schedule("6") ==
          "'schedule' must be a string like \"every 6h\" or \"0 3 * * *\", got integer 6\n");
    CHECK(schedule("\"every day\"") ==
          "'schedule' must have a duration like \"6h\" behind 'every', got 'day'; units are d, h, "
          "m, s and ms, in this order; ten years at most\n");
    CHECK(schedule("\"every 99ms\"") == "'schedule' must be at least \"every 100ms\"\n");
    CHECK(schedule("\"0 0 30 2 *\"") == "'schedule': '0 0 30 2 *': no year has such a date\n");
    CHECK(about("schedule = \"@daily\"\n") ==
          "'schedule' goes with type \"oneshot\" only; a service that should come back has "
          "'restart'\n");
    CHECK(about("type = \"oneshot\"\ntimezone = \"UTC\"\n") ==
          "'timezone' needs 'schedule'; for the service itself it is environment = { TZ = .. }\n");
    CHECK(schedule("\"every 1h\"\ntimezone = \"UTC\"") ==
          "'timezone' does not go with \"every ..\"; a length of time is the same everywhere\n");
    for (const char* zone : {"", "/etc/localtime", "../passwd", "Europe/../x", "a b"}) {
        CAPTURE(zone);
        CHECK(schedule("\"@daily\"\ntimezone = \"" + std::string{zone} + "\"") ==
              "'timezone' must be a name like \"UTC\" or \"Europe/Paris\", got '" +
                  std::string{zone} + "'\n");
    }
}

TEST_CASE("nothing can wait for what runs on a schedule") {
    const auto with = [](const std::string& key) {
        return messages({service_file("a", "command = [\"x\"]\n" + key + " = [\"job\"]\n"),
                         service_file("job",
                                      "command = [\"x\"]\ntype = \"oneshot\"\n"
                                      "schedule = \"@daily\"\n")});
    };
    CHECK(with("requires") ==
          "'requires' names 'job', which runs on a schedule; nothing waits for the runs of a "
          "schedule\n");
    CHECK(with("after") ==
          "'after' names 'job', which runs on a schedule; nothing waits for the runs of a "
          "schedule\n");
}

TEST_CASE("the log is read key by key") {
    const auto log = service(
                         "[log]\nmode = \"prefix\"\ntimestamps = true\noverflow = \"drop\"\n"
                         "keep = \"64KiB\"\nfile = \"/var/log/x\"\n"
                         "rotate = { size = \"1MiB\", keep = 5 }\n")
                         .log;
    CHECK(log.mode == core::LogMode::Prefix);
    CHECK(log.has_timestamps);
    CHECK(log.overflow == core::Overflow::Drop);
    CHECK(log.keep == 65536);
    CHECK(log.file == "/var/log/x");
    CHECK(log.rotate_size == 1024 * 1024);
    CHECK(log.rotate_keep == 5);

    const auto json = service(
                          "[log]\nmode = \"json\"\ntimestamps = true\nkeep = 4096\n"
                          "file = \"/x\"\nrotate = { size = 2048 }\n")
                          .log;
    CHECK(json.mode == core::LogMode::Json);
    CHECK(json.keep == 4096);
    CHECK(json.rotate_keep == 3);
    CHECK(service("").log.mode == core::LogMode::Inherit);
}

TEST_CASE("what is wrong with a log is said") {
    const std::string remedy =
        " does not go with mode \"inherit\"; mode = \"prefix\" or \"json\" sends the lines through "
        "pidone\n";
    CHECK(about("[log]\nkeep = \"1KiB\"\n") == "'keep'" + remedy);
    CHECK(about("[log]\nmode = \"inherit\"\ntimestamps = true\nfile = \"/x\"\noverflow = "
                "\"block\"\nrotate = { size = \"1MiB\" }\n") == "'timestamps'" + remedy + "'file'" +
                                                                    remedy + "'overflow'" + remedy +
                                                                    "'rotate'" + remedy);
    const std::string prefix = "[log]\nmode = \"prefix\"\n";
    CHECK(about("[log]\nmode = \"syslog\"\n") ==
          "'mode' must be \"inherit\" or \"prefix\" or \"json\", got 'syslog'\n");
    CHECK(
        about(prefix + "keep = \"64K\"\n") ==
        "'keep' must be a size like \"64KiB\", got '64K'; units are KiB, MiB and GiB, without one "
        "it is bytes\n");
    CHECK(about(prefix + "keep = -1\n") ==
          "'keep' must be a size like \"64KiB\", got integer -1; units are KiB, MiB and GiB, "
          "without one it is bytes\n");
    CHECK(about(prefix + "keep = \"65MiB\"\n") == "'keep' must be from 0 to 64MiB, got '65MiB'\n");
    CHECK(about(prefix + "file = \"x.log\"\n") == "'file' must be an absolute path, got 'x.log'\n");
    CHECK(about(prefix + "rotate = { size = \"1MiB\" }\n") == "'rotate' needs 'file'\n");
    CHECK(about(prefix + "file = \"/x\"\nrotate = { keep = 1 }\n") ==
          "'size' is missing in rotate\n");
    CHECK(about(prefix + "file = \"/x\"\nrotate = { size = 1023 }\n") ==
          "'size' must be from 1KiB to 1024GiB, got integer 1023\n");
    CHECK(about(prefix + "file = \"/x\"\nrotate = { size = 4096, keep = 100 }\n") ==
          "'keep' must be an integer from 0 to 99, got integer 100\n");
    CHECK(about(prefix + "file = \"/x\"\nrotate = 5\n") ==
          "'rotate' must be a table, got integer 5\n");
    CHECK(about("[log]\nmode = \"json\"\ntimestamps = false\n") ==
          "JSON lines always have the time; 'timestamps' is for mode \"prefix\"\n");
    CHECK(about(prefix + "timestamps = \"yes\"\n") ==
          "'timestamps' must be true or false, got string 'yes'\n");
}
