// SPDX-License-Identifier: MIT
#include "cli/analyze_view.hpp"

#include <algorithm>
#include <vector>

#include "cli/status_view.hpp"
#include "log/log.hpp"

namespace cli {
namespace {

using control::ServiceReply;

constexpr std::size_t kLeastBar = 10;

base::Duration end_of(const ServiceReply& service) {
    return service.ready.value_or(service.executed.value_or(*service.spawned));
}

std::string time_text(const std::optional<base::Duration>& from,
                      const std::optional<base::Duration>& to) {
    return from && to && *to >= *from ? std::string{base::to_string(*to - *from)} : "-";
}

std::size_t column_of(base::Duration moment, base::Duration begin, base::Duration whole,
                      std::size_t width) {
    return static_cast<std::size_t>((moment - begin).count()) * width /
           static_cast<std::size_t>(whole.count());
}

/// "   ---====": set-up, then the way to readiness.
std::string bar_of(const ServiceReply& service, base::Duration begin, base::Duration whole,
                   std::size_t width) {
    const auto from = column_of(*service.spawned, begin, whole, width);
    const auto exec = column_of(service.executed.value_or(end_of(service)), begin, whole, width);
    const auto end = column_of(end_of(service), begin, whole, width);
    std::string bar(from, ' ');
    bar.append(std::max(exec, from) - from, '-');
    bar.append(end > bar.size() ? end - bar.size() : 0, '=');
    return bar.size() == from ? bar + "|" : bar;
}

/// The one that became ready last; of several in the same millisecond, one that none waited for.
const ServiceReply* last_of(const std::vector<const ServiceReply*>& started) {
    auto last = std::max_element(started.begin(), started.end(), [](const auto* a, const auto* b) {
        return end_of(*a) < end_of(*b);
    });
    for (std::size_t i = 0; i < started.size(); ++i) {
        const auto next = std::find_if(started.begin(), started.end(), [&](const auto* service) {
            return end_of(*service) == end_of(**last) &&
                   service->behind.view() == (*last)->name.view();
        });
        last = next == started.end() ? last : next;
    }
    return *last;
}

/// From the last that became ready back to the first, and the time between.
std::string chain_text(const std::vector<const ServiceReply*>& started) {
    const auto* last = last_of(started);
    const auto end = end_of(*last);
    auto begin = *last->spawned;
    std::string out;
    for (std::size_t i = 0; last != nullptr && i < started.size(); ++i) {
        const auto time = time_text(last->spawned, end_of(*last));
        begin = std::min(begin, *last->spawned);
        out.insert(0, logging::format("{} ({}){}", printable(last->name.view()), time,
                                      out.empty() ? "" : " > "));
        const auto behind = last->behind.view();
        const auto next = std::find_if(started.begin(), started.end(), [&](const auto* service) {
            return !behind.empty() && service->name.view() == behind;
        });
        last = next == started.end() ? nullptr : *next;
    }
    return out + ", " + base::to_string(end - begin) + " in all\n";
}

}  // namespace

std::string analyze_text(const control::Client::Status& status, std::size_t width) {
    std::vector<const ServiceReply*> started;
    std::size_t name_width = 7;
    for (const auto& service : status.services) {
        if (service.spawned) {
            started.push_back(&service);
            name_width = std::max(name_width, service.name.view().size());
        }
    }
    if (started.empty()) {
        return "nothing has been started yet\n";
    }
    std::stable_sort(started.begin(), started.end(),
                     [](const auto* a, const auto* b) { return *a->spawned < *b->spawned; });
    const auto begin = *started.front()->spawned;
    auto end = begin + base::Duration{1};
    for (const auto* service : started) {
        end = std::max(end, end_of(*service));
    }
    // Name, three times of nine columns each, and the rest for the bar.
    const auto used = name_width + 2 + 3 * 9;
    const auto bar_width = width > used + kLeastBar ? width - used : kLeastBar;
    std::string out =
        logging::format("{:<{}}  {:<9}{:<9}READY\n", "SERVICE", name_width, "AT", "SET-UP");
    for (const auto* service : started) {
        out += logging::format("{:<{}}  {:<9}{:<9}{:<9}", printable(service->name.view()),
                               name_width, base::to_string(*service->spawned).view(),
                               time_text(service->spawned, service->executed),
                               time_text(service->executed, service->ready)) +
               bar_of(*service, begin, end - begin, bar_width) + "\n";
    }
    return out + "critical chain: " + chain_text(started);
}

}  // namespace cli
