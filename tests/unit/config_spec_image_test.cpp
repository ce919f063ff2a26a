// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "config/spec_image.hpp"
#include "config_loading.hpp"

namespace {

config::SourceFile settings_file(std::string text) {
    return service_file(config::kContainer, std::move(text));
}

/// Everything that a file can say has another value than by default somewhere in here.
core::Spec everything() {
    return loaded(
        {settings_file("shutdown-timeout = \"5s\"\nlinger = \"1s\"\nlog-format = \"json\"\n"
                       "control = \"/run/x\"\nreload-on-hup = true\n"),
         service_file("db",
                      "command = [\"db\"]\nready = \"notify\"\nnotify-access = \"all\"\n"
                      "instances = 2\nwatchdog = \"1s\"\n[log]\nmode = \"json\"\n"
                      "file = \"/var/log/x.${INSTANCE}\"\nkeep = \"8KiB\"\noverflow = \"drop\"\n"),
         service_file("job",
                      "command = [\"job\"]\ntype = \"oneshot\"\nschedule = \"5 4 * * 1\"\n"
                      "timezone = \"Europe/Vienna\"\n"),
         service_file(
             "web",
             "command = [\"web\", \"\"]\nrequires = [\"db\"]\nafter = [\"db\"]\n"
             "description = \"d\"\nuser = \"www:www\"\numask = \"0027\"\nready = \"tcp://h:1\"\n"
             "ready-timeout = \"2s\"\nessential = false\nenabled = false\n"
             "success-codes = [0, 3]\nstop-signal = \"INT\"\nstop-timeout = \"3s\"\n"
             "kill-mode = \"group\"\nreload-signal = \"USR1\"\nrestart = \"always\"\n"
             "listen = [\"unix:///run/a\", \"tcp://127.0.0.1:80\"]\n"
             "[environment]\nA = \"b\"\n[health]\nprobe = \"http://h/x\"\n"
             "[restart-policy]\ndelay = \"1s\"\n[limits]\nnofile = 64\n"
             "[security]\ncapabilities = [\"chown\"]\nnice = 3\n")});
}

}  // namespace

TEST_CASE("a Spec survives its journey") {
    auto spec = everything();
    const auto image = config::to_image(spec);
    const auto again = config::from_image(image);
    REQUIRE(again);
    CHECK(config::to_image(*again) == image);
    CHECK(again->services.size() == spec.services.size());
    const auto& web = again->services.back();
    CHECK(web.name == "web");
    CHECK(web.command == std::vector<std::string>{"web", ""});
    CHECK(web.requires_ == spec.services.back().requires_);
    CHECK(web.stop_timeout == core::Duration{3'000});
    CHECK(web.child.security.capabilities == spec.services.back().child.security.capabilities);
    CHECK(web.listen[1].endpoint == spec.services.back().listen[1].endpoint);
    CHECK(again->reloads_on_hup);
    CHECK(again->control == "/run/x");
}

TEST_CASE("an image that is cut short, or longer than one, is none") {
    const auto image = config::to_image(everything());
    for (std::size_t size = 0; size < image.size(); ++size) {
        CHECK_FALSE(config::from_image(std::string_view{image}.substr(0, size)));
    }
    CHECK_FALSE(config::from_image(image + "x"));
}

TEST_CASE("an image of another version, or with a service that is not there, is none") {
    auto image = config::to_image(everything());
    ++image[0];
    CHECK_FALSE(config::from_image(image));

    core::Spec spec;
    spec.services.emplace_back().requires_.push_back(core::ServiceId{1});
    CHECK_FALSE(config::from_image(config::to_image(spec)));
}

TEST_CASE("the image of a service tells every change, and no move") {
    auto spec = everything();
    auto moved = spec;
    std::swap(moved.services[0], moved.services[1]);
    auto& web = moved.services.back();
    for (auto* list : {&web.requires_, &web.after}) {
        for (auto& id : *list) {
            id = core::index(id) < 2 ? core::ServiceId(1 - core::index(id)) : id;
        }
    }
    CHECK(config::to_image(web, moved) == config::to_image(spec.services.back(), spec));
    web.health.retries += 1;
    CHECK(config::to_image(web, moved) != config::to_image(spec.services.back(), spec));
}
