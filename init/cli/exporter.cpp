// SPDX-License-Identifier: MIT
#include <cerrno>
#include <utility>

#include "cli/client_options.hpp"
#include "cli/client_output.hpp"
#include "cli/client_session.hpp"
#include "cli/exporter_metrics.hpp"
#include "cli/exporter_options.hpp"
#include "cli/exporter_server.hpp"
#include "cli/option_words.hpp"
#include "log/log.hpp"
#include "sys/listen_socket.hpp"
#include "sys/stream_socket.hpp"

namespace cli {
namespace {

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

base::Result<sys::UniqueFd> open_listener(const base::Endpoint& address) {
    if (address.kind == base::Endpoint::Kind::Unix) {
        auto listener = sys::listen_unix(address.path, 0666, std::nullopt);
        return listener ? base::Result<sys::UniqueFd>{std::move(listener->fd)}
                        : base::unexpected{listener.error()};
    }
    if (!address.host.empty()) {
        return sys::listen_tcp(address.host, address.port, false);
    }
    auto fd = sys::listen_tcp("::", address.port, false);
    if (!fd && fd.error().code == EAFNOSUPPORT) {
        return sys::listen_tcp("0.0.0.0", address.port, false);
    }
    return fd;
}

int serve(const ExporterOptions& options) {
    const auto shown = options.listen.host.empty() && options.listen.path.empty()
                           ? "port " + std::to_string(options.listen.port)
                           : base::to_string(options.listen);
    auto listener = open_listener(options.listen);
    const auto set = listener ? sys::set_non_blocking(listener->get())
                              : base::Result<void>{base::unexpected{listener.error()}};
    if (!set) {
        return complain(
            "exporter: cannot listen on " + shown + ": " + logging::error_text(set.error().code),
            base::kExitSystem);
    }
    Collector collector{named_control(options.control)};
    auto server = ExporterServer::create(std::move(*listener), collector);
    int code = server ? 0 : server.error().code;
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
