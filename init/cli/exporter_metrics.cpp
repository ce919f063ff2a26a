// SPDX-License-Identifier: MIT
#include "cli/exporter_metrics.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/outcome.hpp"
#include "core/service.hpp"

namespace cli {
namespace {

enum class Type { Gauge, Counter, Info };

/// A metric family. The name is without "pidone_" and without the suffix of its type; with a unit
/// it ends in that.
struct Family {
    Type type = Type::Gauge;
    std::string_view name;
    std::string_view unit;
    std::string_view help;
};

/// `number` divided by ten to the power of `decimals`; none: the series is absent.
struct Value {
    bool is_known = false;
    std::uint64_t number = 0;
    unsigned decimals = 0;
};

Value count(std::uint64_t number) {
    return {true, number, 0};
}
Value count(std::optional<std::uint64_t> number, unsigned decimals = 0) {
    return {number.has_value(), number.value_or(0), decimals};
}
Value seconds(std::int64_t milliseconds) {
    return {milliseconds >= 0, static_cast<std::uint64_t>(std::max<std::int64_t>(milliseconds, 0)),
            3};
}

std::string text_of(const Value& value) {
    auto digits = std::to_string(value.number);
    if (value.decimals > 0) {
        digits.insert(
            0, value.decimals + 1 - std::min<std::size_t>(digits.size(), value.decimals + 1), '0');
        digits.insert(digits.size() - value.decimals, 1, '.');
    }
    return digits;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char letter : text) {
        if (letter == '\\' || letter == '"') {
            out += '\\';
        }
        out += letter == '\n' ? std::string{"\\n"} : std::string{letter};
    }
    return out;
}

struct Label {
    std::string_view name;
    std::string_view value;
};

class Page {
  public:
    explicit Page(MetricsFormat format) : is_open_{format == MetricsFormat::OpenMetrics} {}

    /// Begins a family; its samples follow, and nothing else until the next.
    void begin(const Family& family) {
        suffix_ = family.type == Type::Counter ? "_total"
                  : family.type == Type::Info  ? "_info"
                                               : "";
        name_ = "pidone_" + std::string{family.name};
        // OpenMetrics names the family, the text format the series.
        const auto described = is_open_ ? name_ : name_ + suffix_;
        out_ += "# HELP " + described + " " + std::string{family.help} + "\n# TYPE " + described;
        out_ += family.type == Type::Counter            ? " counter\n"
                : family.type == Type::Info && is_open_ ? " info\n"
                                                        : " gauge\n";
        if (is_open_ && !family.unit.empty()) {
            out_ += "# UNIT " + described + " " + std::string{family.unit} + "\n";
        }
    }
    void add(std::initializer_list<Label> labels, const Value& value) {
        out_ += name_ + suffix_;
        char separator = '{';
        for (const auto& label : labels) {
            out_ += separator + std::string{label.name} + "=\"" + escaped(label.value) + '"';
            separator = ',';
        }
        out_ += (separator == '{' ? " " : "} ") + text_of(value) + "\n";
    }
    [[nodiscard]] std::string finish() { return std::move(out_) + (is_open_ ? "# EOF\n" : ""); }

  private:
    bool is_open_;
    std::string name_;
    std::string suffix_;
    std::string out_;
};

struct ContainerFamily {
    Family family;
    Value (*value)(const Scrape&);
};

constexpr std::array kContainer{
    ContainerFamily{{Type::Gauge, "start_time_seconds", "seconds",
                     "When PID 1 was started, since the Unix epoch."},
                    [](const Scrape& scrape) {
                        return seconds(scrape.started_at > 0 ? scrape.started_at : -1);
                    }},
    ContainerFamily{{Type::Gauge, "services", "", "Services of the container, enabled or not."},
                    [](const Scrape& scrape) { return count(scrape.status->services.size()); }},
    ContainerFamily{
        {Type::Counter, "zombies_reaped", "", "Ended processes of nobody that PID 1 reaped."},
        [](const Scrape& scrape) { return count(scrape.status->container.reaped); }},
    ContainerFamily{{Type::Counter, "signals_forwarded", "",
                     "Signals that PID 1 got and sent on to a service."},
                    [](const Scrape& scrape) { return count(scrape.status->container.forwarded); }},
    ContainerFamily{{Type::Counter, "cgroup_oom_kills", "",
                     "Processes that the kernel killed for want of memory."},
                    [](const Scrape& scrape) { return count(scrape.cgroup.oom_kills); }},
    ContainerFamily{{Type::Gauge, "cgroup_memory_bytes", "bytes",
                     "Memory that the container uses, page cache included."},
                    [](const Scrape& scrape) { return count(scrape.cgroup.memory_bytes); }},
    ContainerFamily{{Type::Gauge, "cgroup_memory_limit_bytes", "bytes",
                     "Memory that the container may use; absent without a limit."},
                    [](const Scrape& scrape) { return count(scrape.cgroup.memory_limit_bytes); }},
    ContainerFamily{
        {Type::Counter, "cgroup_cpu_seconds", "seconds", "CPU time that the container used."},
        [](const Scrape& scrape) { return count(scrape.cgroup.cpu_microseconds, 6); }},
    ContainerFamily{
        {Type::Counter, "cgroup_cpu_throttled_seconds", "seconds",
         "Time that the container was held back by its CPU limit."},
        [](const Scrape& scrape) { return count(scrape.cgroup.throttled_microseconds, 6); }},
    ContainerFamily{{Type::Gauge, "cgroup_cpu_limit_cores", "cores",
                     "CPUs that the container may use; absent without a limit."},
                    [](const Scrape& scrape) { return count(scrape.cgroup.cpu_limit_millis, 3); }},
    ContainerFamily{{Type::Gauge, "cgroup_tasks", "", "Processes and threads of the container."},
                    [](const Scrape& scrape) { return count(scrape.cgroup.processes); }},
    ContainerFamily{{Type::Gauge, "cgroup_tasks_limit", "",
                     "Processes and threads that the container may have; absent without a limit."},
                    [](const Scrape& scrape) { return count(scrape.cgroup.processes_limit); }},
};

using Service = control::ServiceReply;
using Tree = sys::TreeUsage;

struct ServiceFamily {
    Family family;
    Value (*value)(const Service&, const Tree&);
};

std::int64_t ready_time(const Service& service) {
    const auto time = ready_after(service);
    return time ? time->count() : -1;
}

Value when_alive(const Tree& tree, const Value& value) {
    return tree.processes > 0 ? value : Value{};
}

constexpr std::array kService{
    ServiceFamily{{Type::Counter, "service_restarts", "", "Runs of the service after its first."},
                  [](const Service& service, const Tree&) { return count(service.restarts); }},
    ServiceFamily{
        {Type::Gauge, "service_last_exit_code", "",
         "Exit code of the last run that ended, 128 + n when signal n killed it; absent before."},
        [](const Service& service, const Tree&) {
            return service.last_exit
                       ? count(static_cast<std::uint64_t>(service.last_exit->shell_code()))
                       : Value{};
        }},
    ServiceFamily{{Type::Gauge, "service_last_exit_signal", "",
                   "Signal that killed the last run that ended, 0 when none did; absent before."},
                  [](const Service& service, const Tree&) {
                      if (!service.last_exit) {
                          return Value{};
                      }
                      return count(
                          service.last_exit->was_killed()
                              ? static_cast<std::uint64_t>(raw(service.last_exit->signal()))
                              : 0);
                  }},
    ServiceFamily{{Type::Gauge, "service_start_time_seconds", "seconds",
                   "When the main process was started, since the Unix epoch."},
                  [](const Service&, const Tree& tree) {
                      return seconds(tree.started_at > 0 ? tree.started_at : -1);
                  }},
    ServiceFamily{{Type::Gauge, "service_ready_time_seconds", "seconds",
                   "When the present run became ready, since the Unix epoch."},
                  [](const Service& service, const Tree& tree) {
                      const auto after = ready_time(service);
                      const bool is_known = after >= 0 && tree.started_at > 0;
                      return seconds(is_known ? tree.started_at + after : -1);
                  }},
    ServiceFamily{{Type::Gauge, "service_ready_duration_seconds", "seconds",
                   "Time from the start of the latest run until it was ready."},
                  [](const Service& service, const Tree&) { return seconds(ready_time(service)); }},
    ServiceFamily{{Type::Counter, "service_cpu_seconds", "seconds",
                   "CPU time that the processes of the present run used."},
                  [](const Service&, const Tree& tree) {
                      return when_alive(tree, seconds(tree.cpu.count()));
                  }},
    ServiceFamily{{Type::Gauge, "service_resident_memory_bytes", "bytes",
                   "Resident memory of the processes of the service; shared pages count for each."},
                  [](const Service&, const Tree& tree) {
                      return when_alive(tree, count(tree.resident_bytes));
                  }},
    ServiceFamily{
        {Type::Gauge, "service_open_fds", "",
         "Open descriptors of the processes of the service; absent when they may not be read."},
        [](const Service&, const Tree& tree) { return when_alive(tree, count(tree.descriptors)); }},
    ServiceFamily{{Type::Gauge, "service_processes", "", "Live processes of the service."},
                  [](const Service&, const Tree& tree) { return count(tree.processes); }},
    ServiceFamily{
        {Type::Counter, "service_log_lines", "", "Lines of output that went through the log pump."},
        [](const Service& service, const Tree&) { return count(service.log_lines); }},
    ServiceFamily{{Type::Counter, "service_log_lines_dropped", "",
                   "Lines of output that the log pump had to drop."},
                  [](const Service& service, const Tree&) { return count(service.log_drops); }},
};

constexpr std::array kHealths{control::Health::Starting, control::Health::Healthy,
                              control::Health::Unhealthy, control::Health::Stopping};

void add_container(Page& page, const Scrape& scrape) {
    const auto& container = scrape.status->container;
    page.begin({Type::Info, "build", "", "The pidone that is PID 1."});
    page.add({{"version", container.version.view()}}, count(1));
    page.begin({Type::Gauge, "health", "",
                "Health of the container: 1 for the present one, 0 for the others."});
    for (const auto health : kHealths) {
        page.add({{"health", control::to_string(health)}},
                 count(health == container.health ? 1 : 0));
    }
    for (const auto& [family, value_of] : kContainer) {
        const auto value = value_of(scrape);
        if (value.is_known) {
            page.begin(family);
            page.add({}, value);
        }
    }
}

void add_sets(Page& page, const std::vector<Service>& services) {
    page.begin({Type::Gauge, "service_state", "",
                "State of the service: 1 for the present one, 0 for the others."});
    for (const auto& service : services) {
        for (auto state = core::State::Waiting; state <= core::State::Stopped;
             state = static_cast<core::State>(static_cast<int>(state) + 1)) {
            const auto name = core::to_string(state);
            page.add({{"service", service.name.view()}, {"state", name}},
                     count(name == service.state.view() ? 1 : 0));
        }
    }
    page.begin({Type::Gauge, "service_health", "",
                "Health of the service: 1 for the present one, 0 for the others."});
    for (const auto& service : services) {
        for (const auto health : kHealths) {
            page.add({{"service", service.name.view()}, {"health", control::to_string(health)}},
                     count(health == service.health ? 1 : 0));
        }
    }
}

}  // namespace

std::string metrics_page(const Scrape& scrape, MetricsFormat format) {
    Page page{format};
    page.begin({Type::Gauge, "up", "", "Whether PID 1 answered."});
    page.add({}, count(scrape.status ? 1 : 0));
    if (!scrape.status) {
        return page.finish();
    }
    add_container(page, scrape);
    const auto& services = scrape.status->services;
    add_sets(page, services);
    for (const auto& [family, value_of] : kService) {
        bool has_begun = false;
        for (std::size_t i = 0; i < services.size(); ++i) {
            const auto value =
                value_of(services[i], i < scrape.trees.size() ? scrape.trees[i] : Tree{});
            if (value.is_known && !std::exchange(has_begun, true)) {
                page.begin(family);
            }
            if (value.is_known) {
                page.add({{"service", services[i].name.view()}}, value);
            }
        }
    }
    return page.finish();
}

void CpuCounters::correct(const control::Client::Status& status,
                          std::vector<sys::TreeUsage>& trees) {
    for (std::size_t i = 0; i < std::min(trees.size(), status.services.size()); ++i) {
        const auto name = status.services[i].name.view();
        auto counter = std::find_if(counters_.begin(), counters_.end(),
                                    [&](const Counter& known) { return known.service == name; });
        if (counter == counters_.end()) {
            counter = counters_.insert(counter, {std::string{name}});
        }
        auto& tree = trees[i];
        if (counter->started_at != tree.started_at) {
            *counter = {std::string{name}, tree.started_at, {}, {}};
        }
        counter->lost += std::max(counter->last - tree.cpu, base::Duration{0});
        counter->last = tree.cpu;
        tree.cpu += counter->lost;
    }
}

}  // namespace cli
