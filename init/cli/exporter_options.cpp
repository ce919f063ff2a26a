// SPDX-License-Identifier: MIT
#include "cli/exporter_options.hpp"

#include "base/address.hpp"
#include "cli/option_words.hpp"

namespace cli {
namespace {

constexpr std::string_view kTcp = "tcp://";

/// A name that nobody can take for an address with a slip in it.
bool is_name(std::string_view host) {
    const auto last = host.substr(host.rfind('.') + 1);
    return host.find(':') == std::string_view::npos &&
           last.find_first_not_of("0123456789") != std::string_view::npos;
}

}  // namespace

base::Result<base::Endpoint, std::string> parse_listen_address(std::string_view text) {
    if (text.starts_with("unix:")) {
        return base::parse_endpoint(text);
    }
    if (text.starts_with(kTcp)) {
        text.remove_prefix(kTcp.size());
    }
    const bool is_any = text.starts_with(':');
    auto endpoint =
        base::parse_endpoint(std::string{kTcp} + (is_any ? "[::]" : "") + std::string{text});
    if (endpoint && endpoint->host == "localhost") {
        endpoint->host = "127.0.0.1";
    }
    if (!endpoint || !(base::is_address(endpoint->host) || is_name(endpoint->host))) {
        return wrong("expected ADDRESS:PORT, [ADDRESS]:PORT, NAME:PORT, :PORT or unix:///PATH");
    }
    if (is_any) {
        endpoint->host.clear();
    }
    return endpoint;
}

base::Result<ExporterOptions, std::string> parse_exporter_options(
    std::span<const std::string> args) {
    ExporterOptions options;
    std::string listen{kExporterAddress};
    while (!args.empty()) {
        const auto& word = args.front();
        if (word == "-h" || word == "--help") {
            options.is_help = true;
            args = args.subspan(1);
            continue;
        }
        const auto name = option_name(word);
        const bool is_listen = name == "--listen";
        if (!is_listen && name != "--control") {
            return wrong("unknown argument " + quoted(word) + ", expected --listen or --control");
        }
        auto value = take_value(args);
        if (!value) {
            return wrong(quoted(name) + " needs " +
                         (is_listen ? "an address" : "the path of a socket"));
        }
        (is_listen ? listen : options.control.emplace()) = std::move(*value);
    }
    auto endpoint = parse_listen_address(listen);
    if (!endpoint) {
        return wrong("'--listen " + listen + "': " + endpoint.error());
    }
    options.listen = std::move(*endpoint);
    return options;
}

}  // namespace cli
