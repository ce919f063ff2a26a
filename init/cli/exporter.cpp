// SPDX-License-Identifier: MIT
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "cli/client_options.hpp"
#include "cli/client_output.hpp"
#include "cli/client_session.hpp"
#include "cli/exporter_metrics.hpp"
#include "cli/exporter_options.hpp"
#include "cli/exporter_server.hpp"
#include "cli/option_words.hpp"
#include "log/log.hpp"
#include "sys/clock.hpp"
#include "sys/listen_socket.hpp"
#include "sys/resolve.hpp"
#include "sys/stream_socket.hpp"

namespace cli {
namespace {

/// How long the name to listen on is looked up.
constexpr base::Duration kLookup{5'000};

/// Asks PID 1 and looks into /proc, for each page anew.
class Collector final : public ExporterServer::Source {
  public:
    explicit Collector(std::optional<std::string> control)
        : control_{std::move(control)}, places_{sys::find_cgroup_places()} {}

    [[nodiscard]] std::string page(MetricsFormat format) override {
        Scrape scrape;
        scrape.status = ask();
        if (scrape.status) {
            look(scrape);
        }
        return metrics_page(scrape, format);
    }

  private:
    std::optional<control::Client::Status> ask() {
        auto client = control::Client::connect(control_);
        auto status = client ? client->status()
                             : base::Result<control::Client::Status, control::ClientError>{
                                   base::unexpected{client.error()}};
        // Once for each time that it goes away, not for each scrape.
        if (!status && was_up_) {
            static_cast<void>(
                complain({"exporter: " + status.error().message, status.error().code}));
        }
        was_up_ = status.has_value();
        return status ? std::optional{std::move(*status)} : std::nullopt;
    }

    void look(Scrape& scrape) {
        scrape.trees = sys::tree_usage(tree_roots(*scrape.status));
        counters_.correct(*scrape.status, scrape.trees);
        scrape.cgroup = sys::read_cgroup_usage(places_);
        if (const auto init = sys::read_process(base::Pid::Init)) {
            scrape.started_at = sys::start_of(*init, sys::boot_time());
        }
    }

    std::optional<std::string> control_;
    sys::CgroupPlaces places_;
    CpuCounters counters_;
    bool was_up_ = true;
};

/// The addresses to listen on: the first that this machine has is taken.
base::Result<std::vector<std::string>, std::string> addresses_of(const base::Endpoint& listen) {
    if (listen.host.empty()) {
        return std::vector<std::string>{"::", "0.0.0.0"};  // the latter where IPv6 is off
    }
    if (base::is_address(listen.host)) {
        return std::vector<std::string>{listen.host};
    }
    const auto found = sys::resolve(listen.host, listen.port, sys::now() + kLookup);
    if (!found) {
        return base::unexpected{found.error().text};
    }
    std::vector<std::string> hosts;
    for (const auto& address : *found) {
        hosts.push_back(sys::host_of(address));
    }
    return hosts;
}

base::Result<sys::UniqueFd, std::string> open_listener(const base::Endpoint& listen) {
    if (listen.kind == base::Endpoint::Kind::Unix) {
        auto listener = sys::listen_unix(listen.path, 0666, std::nullopt);
        return listener ? base::Result<sys::UniqueFd, std::string>{std::move(listener->fd)}
                        : base::unexpected{logging::error_text(listener.error().code)};
    }
    const auto hosts = addresses_of(listen);
    if (!hosts) {
        return base::unexpected{hosts.error()};
    }
    std::string why;
    for (const auto& host : *hosts) {
        auto fd = sys::listen_tcp(host, listen.port, false);
        if (fd) {
            return std::move(*fd);
        }
        why = logging::error_text(fd.error().code);
        // Somebody who has the port at one of them is not to be evaded.
        if (fd.error().code != EADDRNOTAVAIL && fd.error().code != EAFNOSUPPORT) {
            break;
        }
    }
    return base::unexpected{why};
}

int serve(const ExporterOptions& options) {
    const auto shown = options.listen.host.empty() && options.listen.path.empty()
                           ? "port " + std::to_string(options.listen.port)
                           : base::to_string(options.listen);
    auto listener = open_listener(options.listen);
    if (!listener) {
        return complain("exporter: cannot listen on " + shown + ": " + listener.error(),
                        base::kExitSystem);
    }
    const auto set = sys::set_non_blocking(listener->get());
    Collector collector{named_control(options.control)};
    auto server = ExporterServer::create(std::move(*listener), collector);
    int code = !set ? set.error().code : !server ? server.error().code : 0;
    if (code == 0) {
        print_error("pidone: exporter: metrics on " + shown + ", path /metrics\n");
    }
    while (code == 0) {
        const auto turned = server->turn();
        code = turned ? 0 : turned.error().code;
    }
    return complain(std::string{"exporter: cannot wait for clients: "} + logging::error_text(code),
                    base::kExitSystem);
}

}  // namespace

int run_exporter(std::span<const std::string> args) {
    const auto options = parse_exporter_options(args);
    if (const auto code = answer_words("exporter", options)) {
        return *code;
    }
    return serve(*options);
}

}  // namespace cli
