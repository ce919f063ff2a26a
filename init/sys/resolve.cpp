// SPDX-License-Identifier: MIT
#include "sys/resolve.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "sys/clock.hpp"
#include "sys/fd.hpp"
#include "sys/files.hpp"

namespace sys {
namespace {

using Addresses = std::vector<SocketAddress>;

// More than either file ever has; more addresses of one name than this are a joke.
constexpr std::size_t kMaxAddresses = 16;
// resolv.conf(5): its limits.
constexpr std::size_t kMaxServers = 3;
constexpr int kMaxAttempts = 5;
constexpr int kMaxTimeout = 30;
constexpr int kMaxDots = 15;

// The next word, or the rest of a line at a comment: then it is empty.
std::string_view take_word(std::string_view& line) {
    const auto begin = std::min(line.find_first_not_of(" \t\r"), line.size());
    line.remove_prefix(begin);
    const auto word = line.substr(0, line.find_first_of(" \t\r"));
    line.remove_prefix(word.size());
    if (word.starts_with('#') || word.starts_with(';')) {
        line = {};
        return {};
    }
    return word;
}

std::string_view take_line(std::string_view& text) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

bool is_same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

SocketAddress make_address(const DnsAddress& found, std::uint16_t port, std::uint32_t scope = 0) {
    SocketAddress address;
    if (found.type == DnsType::A) {
        sockaddr_in four{};
        four.sin_family = AF_INET;
        four.sin_port = htons(port);
        std::memcpy(&four.sin_addr, found.bytes.data(), sizeof four.sin_addr);
        std::memcpy(&address.storage, &four, sizeof four);
        address.length = sizeof four;
    } else {
        sockaddr_in6 six{};
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(port);
        six.sin6_scope_id = scope;
        std::memcpy(&six.sin6_addr, found.bytes.data(), sizeof six.sin6_addr);
        std::memcpy(&address.storage, &six, sizeof six);
        address.length = sizeof six;
    }
    return address;
}

// "10.0.0.1", "fd00::1", "fe80::1%eth0".
std::optional<SocketAddress> parse_literal(std::string_view host, std::uint16_t port) {
    const std::string text{host.substr(0, host.find('%'))};
    DnsAddress literal;
    if (text.size() == host.size() &&
        ::inet_aton(text.c_str(), reinterpret_cast<in_addr*>(literal.bytes.data())) != 0) {
        return make_address(literal, port);
    }
    literal.type = DnsType::Aaaa;
    if (::inet_pton(AF_INET6, text.c_str(), literal.bytes.data()) != 1) {
        return std::nullopt;
    }
    if (text.size() == host.size()) {
        return make_address(literal, port);
    }
    const auto scope = ::if_nametoindex(std::string{host.substr(text.size() + 1)}.c_str());
    return scope != 0 ? std::optional{make_address(literal, port, scope)} : std::nullopt;
}

// RFC 6761: always this very host, whatever a server says.
bool is_localhost(std::string_view host) {
    constexpr std::string_view kName = "localhost";
    return host.size() >= kName.size() &&
           is_same_name(host.substr(host.size() - kName.size()), kName) &&
           (host.size() == kName.size() || host[host.size() - kName.size() - 1] == '.');
}

// "ndots:2" with the given name; what is out of range is brought into it, as glibc does.
void take_option(std::string_view option, std::string_view name, int low, int high, int& value) {
    if (!option.starts_with(name)) {
        return;
    }
    option.remove_prefix(name.size());
    int number = 0;
    if (std::from_chars(option.data(), option.data() + option.size(), number).ec == std::errc{}) {
        value = std::clamp(number, low, high);
    }
}

void take_setting(std::string_view key, std::string_view line, std::uint16_t port,
                  ResolverSettings& settings) {
    if (key == "nameserver") {
        const auto address = parse_literal(take_word(line), port);
        if (address && settings.servers.addresses.size() < kMaxServers) {
            settings.servers.addresses.push_back(*address);
        }
    } else if (key == "search" || key == "domain") {
        settings.search.clear();
        for (auto word = take_word(line); !word.empty(); word = take_word(line)) {
            settings.search.emplace_back(word);
        }
    } else if (key == "options") {
        int seconds = static_cast<int>(settings.servers.timeout.count() / 1'000);
        for (auto word = take_word(line); !word.empty(); word = take_word(line)) {
            take_option(word, "ndots:", 0, kMaxDots, settings.dots);
            take_option(word, "timeout:", 1, kMaxTimeout, seconds);
            take_option(word, "attempts:", 1, kMaxAttempts, settings.servers.attempts);
        }
        settings.servers.timeout = base::Duration{seconds * 1'000};
    }
}

// The full names that `host` may stand for, in the order to ask for them.
std::vector<std::string> candidates(const std::string& host, const ResolverSettings& settings) {
    std::vector<std::string> names;
    if (host.ends_with('.')) {
        return {host};
    }
    for (const auto& domain : settings.search) {
        names.emplace_back(host).append(".").append(domain);
    }
    const auto dots = std::count(host.begin(), host.end(), '.');
    names.insert(dots >= settings.dots ? names.begin() : names.end(), host);
    return names;
}

// connect(2) of a datagram socket sends nothing and asks for a route.
bool has_route(const SocketAddress& address) {
    const UniqueFd fd{::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    return fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage),
                           address.length) == 0;
}

Addresses reachable(Addresses addresses) {
    addresses.resize(std::min(addresses.size(), kMaxAddresses));
    const auto end = std::stable_partition(addresses.begin(), addresses.end(), has_route);
    if (end != addresses.begin()) {
        addresses.erase(end, addresses.end());
    }
    return addresses;
}

}  // namespace

std::vector<SocketAddress> find_in_hosts(std::string_view text, std::string_view host,
                                         std::uint16_t port) {
    Addresses addresses;
    while (!text.empty()) {
        auto line = take_line(text);
        const auto address = parse_literal(take_word(line), port);
        for (auto name = take_word(line); address && !name.empty(); name = take_word(line)) {
            if (is_same_name(name, host)) {
                addresses.push_back(*address);
                break;
            }
        }
    }
    return addresses;
}

ResolverSettings parse_resolver_settings(std::string_view text, std::uint16_t port) {
    ResolverSettings settings;
    while (!text.empty()) {
        auto line = take_line(text);
        const auto key = take_word(line);
        take_setting(key, line, port, settings);
    }
    if (settings.servers.addresses.empty()) {
        settings.servers.addresses.push_back(*parse_literal("127.0.0.1", port));
    }
    return settings;
}

std::string host_of(const SocketAddress& address) {
    const auto family = address.storage.ss_family;
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* const bytes =
        family == AF_INET ? static_cast<const void*>(
                                &reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr)
                          : &reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr;
    ::inet_ntop(family, bytes, text.data(), text.size());
    return text.data();
}

base::Result<Addresses, ProbeFailure> resolve(const std::string& host, std::uint16_t port,
                                              base::Instant deadline, const ResolverFiles& files) {
    if (const auto literal = parse_literal(host, port)) {
        return Addresses{*literal};
    }
    auto found = find_in_hosts(read_file(files.hosts).value_or(""), host, port);
    if (found.empty() && is_localhost(host)) {
        found = {*parse_literal("127.0.0.1", port), *parse_literal("::1", port)};
    }
    if (!found.empty()) {
        return reachable(std::move(found));
    }
    const auto settings =
        parse_resolver_settings(read_file(files.servers).value_or(""), files.port);
    bool is_silent = false;
    for (const auto& name : candidates(host, settings)) {
        std::vector<DnsAddress> answers;
        const auto verdict = ask_dns(name, settings.servers, deadline, answers);
        for (const auto& answer : answers) {
            found.push_back(make_address(answer, port));
        }
        if (verdict == DnsVerdict::Found) {
            return reachable(std::move(found));
        }
        is_silent = is_silent || verdict == DnsVerdict::NoAnswer;
    }
    if (is_silent && now() >= deadline) {
        return base::unexpected{ProbeFailure{"looking up '" + host + "' took too long", ETIMEDOUT}};
    }
    return base::unexpected{is_silent ? ProbeFailure{"no name server answered for '" + host + "'"}
                                      : ProbeFailure{"name '" + host + "' not found"}};
}

}  // namespace sys
