// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/exporter_http.hpp"
#include "control/client.hpp"
#include "sys/cgroup_usage.hpp"
#include "sys/tree_usage.hpp"

namespace cli {

/// Everything that one page of metrics is made of.
struct Scrape {
    std::optional<control::Client::Status> status;  ///< none: PID 1 did not answer
    std::int64_t started_at = 0;                    ///< PID 1: milliseconds since 1970; 0 = unknown
    std::vector<sys::TreeUsage> trees;              ///< one for each service of `status`
    sys::CgroupUsage cgroup;
};

/// The page; docs/metrics.md describes each series. Without a status it is `pidone_up 0` alone.
/// Pure.
[[nodiscard]] std::string metrics_page(const Scrape& scrape, MetricsFormat format);

/// Keeps the CPU time of a run from going back: what a process used is lost to its tree when
/// somebody else than the tree reaps it, and a counter that falls counts as a restart.
class CpuCounters {
  public:
    /// Adds what was lost so far to the trees, which belong to the services of `status`.
    void correct(const control::Client::Status& status, std::vector<sys::TreeUsage>& trees);

  private:
    struct Counter {
        std::string service;
        std::int64_t started_at = 0;
        base::Duration last{0};
        base::Duration lost{0};
    };
    std::vector<Counter> counters_;
};

}  // namespace cli
