// SPDX-License-Identifier: MIT
#include "config_loading.hpp"
#include "control/protocol.hpp"

namespace {

std::vector<std::string> names(const core::Spec& spec) {
    std::vector<std::string> out;
    for (const auto& one : spec.services) {
        out.push_back(one.name);
    }
    return out;
}

}  // namespace

TEST_CASE("sockets are URLs or tables, and have names") {
    const auto sockets =
        service(
            "listen = [\"tcp://0.0.0.0:80\", \"tcp://[::1]:443\", \"unix:/run/x.sock\", { url "
            "= \"unix:///run/y.sock\", name = \"y\", mode = \"0600\", owner = 33 }]\n")
            .listen;

    REQUIRE(sockets.size() == 4);
    CHECK(sockets[0].name == "0.0.0.0-80");
    CHECK(sockets[0].endpoint.port == 80);
    CHECK(sockets[1].name == "--1-443");
    CHECK(sockets[2].name == "/run/x.sock");
    CHECK(sockets[2].mode == 0666);
    CHECK(sockets[3].name == "y");
    CHECK(sockets[3].mode == 0600);
    CHECK(sockets[3].owner == "33");
}

TEST_CASE("what is wrong with a socket is said") {
    CHECK(about("listen = \"tcp://0.0.0.0:80\"\n") ==
          "'listen' must be an array of URLs like [\"tcp://0.0.0.0:80\"], got string "
          "'tcp://0.0.0.0:80'\n");
    CHECK(about("listen = [80]\n") ==
          "'listen' must be a string, got integer 80; put it in quotes\n");
    CHECK(about("listen = [\"tcp://localhost:80\"]\n") ==
          "'listen' needs an address, got the name 'localhost'; 0.0.0.0 stands for all of IPv4, "
          "[::] for all of IPv6\n");
    CHECK(about("listen = [\"http://127.0.0.1/\"]\n") ==
          "'listen' takes tcp://ADDRESS:PORT or unix:///PATH, got 'http://127.0.0.1/'\n");
    CHECK(about("listen = [\"file:/x\"]\n") ==
          "'listen' takes tcp://ADDRESS:PORT or unix:///PATH, got 'file:/x'\n");
    CHECK(about("listen = [\"tcp://0.0.0.0:0\"]\n") ==
          "'listen': 'tcp://0.0.0.0:0': the port must be a number from 1 to 65535, got '0'\n");
    CHECK(about("listen = [\"unix:/" + std::string(107, 'x') + "\"]\n")
              .ends_with("the path of a socket has at most 107 bytes\n"));
    CHECK(about("listen = [{ name = \"a\" }]\n") == "'url' is missing in listen\n");
    CHECK(about("listen = [{ url = \"tcp://1.2.3.4:5\", mode = \"0600\", owner = 0 }]\n") ==
          "'mode' goes with a unix socket only, a port has no such thing\n"
          "'owner' goes with a unix socket only, a port has no such thing\n");
    const auto named = [](const std::string& name) {
        return about("listen = [{ url = \"unix:/x\", name = \"" + name + "\" }]\n");
    };
    CHECK(named(std::string(255, 'n')) == "");
    CHECK(named(std::string(256, 'n'))
              .ends_with("at most 255 bytes, no ':' and no control character\n"));
    CHECK(named("a:b") ==
          "'a:b' is no name of a socket; at most 255 bytes, no ':' and no control character\n");
    CHECK(named("a\\nb") ==
          "'a?b' is no name of a socket; at most 255 bytes, no ':' and no control character\n");
    CHECK(named("") == "'name' is empty\n");
}

TEST_CASE("an address belongs to one service") {
    const std::string listen = "command = [\"x\"]\nlisten = [\"tcp://0.0.0.0:80\"]\n";

    CHECK(messages({service_file("a", listen), service_file("b", listen)}) ==
          "'a' listens on 'tcp://0.0.0.0:80' already\n");
    CHECK(messages({service_file("a", listen), service_file("b", listen + "enabled = false\n")}) ==
          "");
    CHECK(about("listen = [\"unix:/x\", \"unix:///x\"]\n") ==
          "'x' listens on 'unix:///x' already\n");
    CHECK(about("listen = [\"unix:/x\"]\ninstances = 2\n") ==
          "'x@1' listens on 'unix:///x' already; ${INSTANCE} can make it another one in each "
          "instance\n");
    CHECK(about("listen = [\"unix:/x-${INSTANCE}\"]\ninstances = 2\n") == "");
}

TEST_CASE("instances are numbered or named, and INSTANCE stands for each") {
    CHECK(names(loaded({service_file("x", "command = [\"x\"]\ninstances = 3\n")})) ==
          List{"x@1", "x@2", "x@3"});
    CHECK(names(loaded({service_file("x", "command = [\"x\"]\ninstances = 1\n")})) == List{"x@1"});
    CHECK(names(loaded({service_file("x", "command = [\"x\"]\n")})) == List{"x"});
    CHECK(names(loaded({service_file("x", "command = [\"x\"]\ninstances = \"${N:-2}\"\n")})) ==
          List{"x@1", "x@2"});

    const auto spec = loaded({service_file("x",
                                           "command = [\"x\", \"${INSTANCE}\"]\n"
                                           "instances = [\"mail\", \"web.1\"]\n"
                                           "environment = { ME = \"i-${INSTANCE}\" }\n")});
    REQUIRE(names(spec) == List{"x@mail", "x@web.1"});
    CHECK(spec.services[0].template_name == "x");
    CHECK(spec.services[0].command[1] == "mail");
    CHECK(spec.services[1].child.environment[0].second == "i-web.1");
    CHECK(service("").template_name.empty());
}

// What the control protocol carries is no other service's name, cut.
static_assert(config::kMaxNameSize == control::Name::kCapacity);

TEST_CASE("a name has at most 63 bytes, that of an instance as well") {
    const std::string text = "command = [\"x\"]\n";
    const std::string longest(63, 'n');

    CHECK(messages({service_file(longest, text)}) == "");
    CHECK(messages({service_file(longest + "n", text)}) ==
          "the name '" + longest +
              "n' has 64 bytes, at most 63 are possible; give the file a shorter name\n");
    const std::string base(61, 'b');
    CHECK(messages({service_file(base, text + "instances = 9\n")}) == "");
    CHECK(messages({service_file(base, text + "instances = 10\n")}) ==
          "the name '" + base +
              "@10' has 64 bytes, at most 63 are possible; give the file or its instances shorter "
              "names\n");
}

TEST_CASE("outside of instances INSTANCE is a variable like any other") {
    CHECK(service("description = \"${INSTANCE}\"\n", TestEnvironment{{{"INSTANCE", "outer"}}})
              .description == "outer");
    CHECK(about("description = \"${INSTANCE}\"\n").starts_with("variable 'INSTANCE' is not set"));
}

TEST_CASE("the name of a file means all its instances, that of an instance the one") {
    const auto spec = loaded({service_file("a",
                                           "command = [\"x\"]\nrequires = [\"w\"]\n"
                                           "after = [\"w@2\"]\n"),
                              service_file("w", "command = [\"x\"]\ninstances = 2\n")});

    REQUIRE(names(spec) == List{"a", "w@1", "w@2"});
    REQUIRE(spec.services[0].requires_.size() == 2);
    CHECK(core::index(spec.services[0].requires_[1]) == 2);
    REQUIRE(spec.services[0].after.size() == 1);
    CHECK(core::index(spec.services[0].after[0]) == 2);
}

TEST_CASE("an instance cannot require its own kind, and what is wrong is said once for all") {
    CHECK(about("instances = 3\nrequires = [\"x\"]\n") == "'requires' names the service itself\n");
    CHECK(about("instances = 3\nrequires = [\"y\"]\nwatchdog = 1\n") ==
          "'watchdog' must be a duration like \"10s\", got integer 1\n"
          "'requires' names an unknown service 'y'\n");
    CHECK(about("instances = 2\nafter = [\"x@3\"]\n") ==
          "'after' names an unknown service 'x@3'; did you mean 'x@1'?\n");
}

TEST_CASE("what is wrong with instances is said") {
    CHECK(about("instances = 0\n") ==
          "'instances' must be an integer from 1 to 64, got integer 0\n");
    CHECK(about("instances = 65\n") ==
          "'instances' must be an integer from 1 to 64, got integer 65\n");
    CHECK(about("instances = true\n") ==
          "'instances' must be an integer from 1 to 64 or an array of names, got true\n");
    CHECK(
        about("instances = []\n") ==
        "'instances' must hold from 1 to 64 names, got 0; enabled = false leaves a service out\n");
    CHECK(about("instances = [\"a\", \"a\"]\n") == "another instance is called 'a' already\n");
    CHECK(about("instances = [\"a b\"]\n") ==
          "'a b' is no name of an instance; use letters, digits, '.', '_' and '-' only\n");
    CHECK(about("instances = [1]\n") ==
          "'instances' must hold strings, got integer 1; put it in quotes\n");
}

TEST_CASE("instances count as services") {
    Files files{service_file("a", "command = [\"x\"]\ninstances = 64\n"),
                service_file("b", "command = [\"x\"]\ninstances = 64\n")};
    CHECK(messages(files) == "");
    files.push_back(service_file("c", "command = [\"x\"]\n"));
    CHECK(messages(files) == "129 services, at most 128 are possible\n");
}
