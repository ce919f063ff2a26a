// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include "sys/clock.hpp"
#include "sys/resolve.hpp"
#include "sys_support.hpp"

using base::Duration;
using sys::DnsOutcome;
using sys::DnsType;
using Bytes = std::vector<std::uint8_t>;

namespace {

std::string text_of(const sys::SocketAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.storage.ss_family == AF_INET) {
        const auto& four = reinterpret_cast<const sockaddr_in&>(address.storage);
        ::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
        return std::string{text.data()} + ":" + std::to_string(ntohs(four.sin_port));
    }
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address.storage);
    ::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
    return "[" + std::string{text.data()} + "]:" + std::to_string(ntohs(six.sin6_port));
}

std::string texts_of(const std::vector<sys::SocketAddress>& addresses) {
    std::string out;
    for (const auto& address : addresses) {
        out += (out.empty() ? "" : " ") + text_of(address);
    }
    return out;
}

// An answer to `query` with these flags and records behind the question.
Bytes answer_to(const Bytes& query, unsigned flags, const std::vector<Bytes>& records) {
    Bytes out = query;
    out[2] = static_cast<std::uint8_t>(flags >> 8);
    out[3] = static_cast<std::uint8_t>(flags & 0xff);
    out[7] = static_cast<std::uint8_t>(records.size());
    for (const auto& record : records) {
        out.insert(out.end(), record.begin(), record.end());
    }
    return out;
}

// A record of the name in the question (a pointer to it).
Bytes record(std::uint8_t type, const Bytes& data) {
    Bytes out{0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, static_cast<std::uint8_t>(data.size())};
    out.insert(out.end(), data.begin(), data.end());
    return out;
}

constexpr unsigned kAnswer = 0x8180;

std::string name_in(const Bytes& query) {
    std::string name;
    for (std::size_t at = 12; query[at] != 0; at += query[at] + 1U) {
        name += (name.empty() ? "" : ".") +
                std::string{query.begin() + static_cast<long>(at) + 1,
                            query.begin() + static_cast<long>(at) + 1 + query[at]};
    }
    return name;
}

bool asks_for_ipv4(const Bytes& query) {
    return query[query.size() - 3] == 1;
}

// These last bytes behind 127.0.0 to the question for IPv4, nothing to the one for IPv6.
Bytes known(const Bytes& query, const Bytes& hosts) {
    std::vector<Bytes> records;
    for (const auto host : hosts) {
        if (asks_for_ipv4(query)) {
            records.push_back(record(1, {127, 0, 0, host}));
        }
    }
    return answer_to(query, kAnswer, records);
}

using Answerer = std::function<Bytes(const Bytes& query, bool is_tcp)>;

// A name server of its own for one test: UDP and TCP on one port of 127.0.0.1. An empty answer is
// none.
class NameServer {
  public:
    explicit NameServer(const Answerer& answer) {
        const int udp = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        const int tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(tcp, generic, length) == 0);
        REQUIRE(::listen(tcp, 4) == 0);
        REQUIRE(::getsockname(tcp, generic, &length) == 0);
        REQUIRE(::bind(udp, generic, length) == 0);
        port = ntohs(address.sin_port);
        udp_ = serve([&] { serve_udp(udp, answer); });
        tcp_ = serve([&] { serve_tcp(tcp, answer); });
        ::close(udp);
        ::close(tcp);
    }
    NameServer(const NameServer&) = delete;
    NameServer& operator=(const NameServer&) = delete;
    ~NameServer() {
        for (const auto child : {udp_, tcp_}) {
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
        }
    }

    std::uint16_t port = 0;

  private:
    static pid_t serve(const std::function<void()>& body) {
        const auto child = ::fork();
        if (child == 0) {
            ::alarm(30);
            body();
            ::_exit(0);
        }
        return child;
    }
    static void serve_udp(int fd, const Answerer& answer) {
        Bytes buffer(1024);
        sockaddr_in from{};
        socklen_t length = sizeof from;
        auto* generic = reinterpret_cast<sockaddr*>(&from);
        ssize_t got = 0;
        while ((got = ::recvfrom(fd, buffer.data(), buffer.size(), 0, generic, &length)) > 0) {
            const auto out = answer({buffer.begin(), buffer.begin() + got}, false);
            if (!out.empty()) {
                ::sendto(fd, out.data(), out.size(), 0, generic, length);
            }
        }
    }
    static void serve_tcp(int fd, const Answerer& answer) {
        Bytes buffer(1024);
        int client = -1;
        while ((client = ::accept(fd, nullptr, nullptr)) >= 0) {
            const ssize_t got = ::read(client, buffer.data(), buffer.size());
            auto out = answer({buffer.begin() + 2, buffer.begin() + got}, true);
            const auto size = out.size();
            out.insert(out.begin(), {static_cast<std::uint8_t>(size >> 8),
                                     static_cast<std::uint8_t>(size & 0xff)});
            static_cast<void>(!::write(client, out.data(), out.size()));
            ::close(client);
        }
    }

    pid_t udp_ = -1;
    pid_t tcp_ = -1;
};

struct Lab {
    sys_support::TemporaryDirectory directory;
    sys::ResolverFiles files{directory / "hosts", directory / "resolv.conf"};

    explicit Lab(const std::string& hosts, const std::string& servers = "nameserver 127.0.0.1\n") {
        std::ofstream{files.hosts} << hosts;
        std::ofstream{files.servers} << servers;
    }
    [[nodiscard]] std::string look_up(const std::string& host,
                                      Duration limit = Duration{10'000}) const {
        const auto found = sys::resolve(host, 80, sys::now() + limit, files);
        return found ? texts_of(*found) : found.error().text;
    }
};

}  // namespace

TEST_CASE("a question has the name in labels, its type and its class") {
    CHECK(sys::make_dns_query(0x1234, "db.lan", DnsType::Aaaa) ==
          Bytes{0x12, 0x34, 1,   0, 0,   1,   0,   0, 0, 0,  0, 0,
                2,    'd',  'b', 3, 'l', 'a', 'n', 0, 0, 28, 0, 1});
    CHECK(sys::make_dns_query(1, "a.", DnsType::A) == sys::make_dns_query(1, "a", DnsType::A));
}

TEST_CASE("a name that DNS cannot hold gives no question") {
    const std::string label(63, 'a');
    for (const auto& name :
         {std::string{}, std::string{"."}, std::string{"a..b"}, std::string{".a"}, label + "a",
          label + "." + label + "." + label + "." + label}) {
        CAPTURE(name);
        CHECK(sys::make_dns_query(1, name, DnsType::A).empty());
    }
    CHECK_FALSE(sys::make_dns_query(1, label + "." + label, DnsType::A).empty());
}

TEST_CASE("the addresses of an answer are those of the type asked for, aliases included") {
    const auto query = sys::make_dns_query(7, "db.lan", DnsType::A);
    const auto message =
        answer_to(query, kAnswer,
                  {record(5, {1, 'x', 0}), record(1, {10, 0, 0, 1}), record(1, {10, 0, 0, 2}),
                   record(28, Bytes(16, 1)), record(1, {1, 2, 3})});
    std::vector<sys::DnsAddress> addresses;

    CHECK(sys::read_dns_answer(message, query, addresses) == DnsOutcome::Found);

    REQUIRE(addresses.size() == 2);
    CHECK(addresses[1].bytes[3] == 2);
}

TEST_CASE("what is no answer to the question is passed over") {
    const auto query = sys::make_dns_query(7, "db.lan", DnsType::A);
    const auto good = answer_to(query, kAnswer, {record(1, {10, 0, 0, 1})});
    std::vector<sys::DnsAddress> addresses;
    auto other_id = good;
    other_id[1] = 8;
    auto other_name = good;
    other_name[13] = 'x';
    auto other_case = good;
    other_case[13] = 'D';

    CHECK(sys::read_dns_answer(query, query, addresses) == DnsOutcome::Foreign);
    CHECK(sys::read_dns_answer(other_id, query, addresses) == DnsOutcome::Foreign);
    CHECK(sys::read_dns_answer(other_name, query, addresses) == DnsOutcome::Foreign);
    CHECK(addresses.empty());
    CHECK(sys::read_dns_answer(other_case, query, addresses) == DnsOutcome::Found);
}

TEST_CASE("an answer's code tells whether to go on") {
    const auto query = sys::make_dns_query(7, "db.lan", DnsType::A);
    std::vector<sys::DnsAddress> addresses;
    const auto read = [&](unsigned flags) {
        return sys::read_dns_answer(answer_to(query, flags, {}), query, addresses);
    };

    CHECK(read(kAnswer) == DnsOutcome::Found);
    CHECK(read(kAnswer | 3) == DnsOutcome::NoName);
    CHECK(read(kAnswer | 2) == DnsOutcome::Failed);
    CHECK(read(kAnswer | 0x0200) == DnsOutcome::Truncated);
    CHECK(sys::read_dns_answer(Bytes{0, 7, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0}, query, addresses) ==
          DnsOutcome::Failed);
}

TEST_CASE("an answer that is cut anywhere gives no address") {
    const auto query = sys::make_dns_query(7, "db.lan", DnsType::A);
    const auto message =
        answer_to(query, kAnswer, {record(1, {10, 0, 0, 1}), record(1, {10, 0, 0, 2})});
    for (std::size_t size = 0; size < message.size(); ++size) {
        CAPTURE(size);
        std::vector<sys::DnsAddress> addresses;
        const auto cut = std::span{message}.first(size);
        CHECK(sys::read_dns_answer(cut, query, addresses) != DnsOutcome::Found);
        CHECK(addresses.empty());
    }
}

TEST_CASE("a hosts file gives all addresses of a name, in its order") {
    const auto* text =
        "# comment\n127.0.0.1 localhost\n10.0.0.1\tdb.lan db # and db2\n\n"
        "fd00::1 DB\nnonsense db\n10.0.0.2 db2";
    CHECK(texts_of(sys::find_in_hosts(text, "db", 5432)) == "10.0.0.1:5432 [fd00::1]:5432");
    CHECK(texts_of(sys::find_in_hosts(text, "db2", 1)) == "10.0.0.2:1");
    CHECK(sys::find_in_hosts(text, "and", 1).empty());
}

TEST_CASE("a resolv.conf gives servers, domains and options") {
    const auto settings = sys::parse_resolver_settings(
        "domain old\nsearch a.example b.example\nnameserver 10.0.0.1\nnameserver fd00::1\n"
        "nameserver bad\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n"
        "options ndots:2 timeout:99 attempts:0 rotate ndots:x ; comment\n",
        53);

    CHECK(texts_of(settings.servers.addresses) == "10.0.0.1:53 [fd00::1]:53 10.0.0.3:53");
    CHECK(settings.search == std::vector<std::string>{"a.example", "b.example"});
    CHECK(settings.dots == 2);
    CHECK(settings.servers.timeout == Duration{30'000});
    CHECK(settings.servers.attempts == 1);
}

TEST_CASE("without a name server the one on this host is asked") {
    CHECK(texts_of(sys::parse_resolver_settings("", 53).servers.addresses) == "127.0.0.1:53");
}

TEST_CASE("an address is taken as it is, and the host's own name needs no server") {
    const Lab lab{""};

    CHECK(lab.look_up("10.1.2.3") == "10.1.2.3:80");
    CHECK(lab.look_up("::1") == "[::1]:80");
    CHECK(lab.look_up("a.localhost").starts_with("127.0.0.1:80"));
}

TEST_CASE("a name is looked up in the hosts file, then at the server") {
    const NameServer server{[](const Bytes& query, bool) { return known(query, {9, 8}); }};
    Lab lab{"127.0.0.3 here\n"};
    lab.files.port = server.port;

    CHECK(lab.look_up("here") == "127.0.0.3:80");
    CHECK(lab.look_up("db") == "127.0.0.9:80 127.0.0.8:80");
}

TEST_CASE("a name with few dots is tried in the domains first, one with enough of them last") {
    const NameServer server{[](const Bytes& query, bool) {
        const auto name = name_in(query);
        if (name == "db.two.example" || name == "dot.ted" || name == "db.one.example.two.example") {
            return known(query, {name == "dot.ted" ? std::uint8_t{6} : std::uint8_t{5}});
        }
        return answer_to(query, kAnswer | 3, {});
    }};
    Lab lab{"", "nameserver 127.0.0.1\nsearch one.example two.example\n"};
    lab.files.port = server.port;

    CHECK(lab.look_up("db") == "127.0.0.5:80");
    CHECK(lab.look_up("dot.ted") == "127.0.0.6:80");
    CHECK(lab.look_up("db.one.example") == "127.0.0.5:80");
    CHECK(lab.look_up("db.two.example.") == "127.0.0.5:80");
    CHECK(lab.look_up("db.") == "name 'db.' not found");
    CHECK(lab.look_up("other") == "name 'other' not found");
}

TEST_CASE("an answer that does not fit is asked for by TCP") {
    const NameServer server{[](const Bytes& query, bool is_tcp) {
        return is_tcp ? known(query, {6}) : answer_to(query, kAnswer | 0x0200, {});
    }};
    Lab lab{""};
    lab.files.port = server.port;

    CHECK(lab.look_up("big") == "127.0.0.6:80");
}

TEST_CASE("a server that is not there leaves its turn to the next") {
    const NameServer server{[](const Bytes& query, bool) { return known(query, {7}); }};
    Lab lab{"", "nameserver 127.0.0.99\nnameserver 127.0.0.1\n"};
    lab.files.port = server.port;

    CHECK(lab.look_up("db") == "127.0.0.7:80");
}

TEST_CASE("servers that cannot tell are named as the cause") {
    const NameServer server{
        [](const Bytes& query, bool) { return answer_to(query, kAnswer | 2, {}); }};
    Lab lab{""};
    lab.files.port = server.port;

    CHECK(lab.look_up("db") == "no name server answered for 'db'");
}

TEST_CASE("a server that says nothing ends with the deadline") {
    const NameServer server{[](const Bytes&, bool) { return Bytes{}; }};
    Lab lab{""};
    lab.files.port = server.port;
    const auto begin = sys::now();

    CHECK(lab.look_up("db", Duration{200}) == "looking up 'db' took too long");
    CHECK(sys::now() - begin < Duration{5'000});
}
