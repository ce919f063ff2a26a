// SPDX-License-Identifier: MIT
#include "cli/logs_options.hpp"

#include <charconv>
#include <string_view>

#include "base/duration.hpp"
#include "cli/option_words.hpp"
#include "log/time_text.hpp"

namespace cli {
namespace {

using Taken = base::Result<void, std::string>;

Taken take_lines(std::span<const std::string>& words, LogsOptions& options) {
    const auto value = take_value(words).value_or("");
    auto& lines = options.request.lines;
    const auto* const end = value.data() + value.size();
    const auto parsed = std::from_chars(value.data(), end, lines);
    if (value.empty() || parsed.ec != std::errc{} || parsed.ptr != end) {
        return wrong("'-n' needs the number of lines, got '" + value + "'");
    }
    return {};
}

Taken take_since(std::span<const std::string>& words, std::int64_t now, LogsOptions& options) {
    const auto value = take_value(words).value_or("");
    if (const auto duration = base::parse_duration(value)) {
        options.request.since = now - duration->count();
    } else if (const auto day = logging::parse_time(value + "T00:00:00Z")) {
        options.request.since = *day;
    } else if (const auto time = logging::parse_time(value)) {
        options.request.since = *time;
    } else {
        return wrong(
            "'--since' needs a duration like 5m or a time like 2026-01-02T03:04:05Z or 2026-01-02, "
            "got '" +
            value + "'");
    }
    return {};
}

Taken take_option(std::span<const std::string>& words, std::int64_t now, LogsOptions& options) {
    const std::string_view word = words.front();
    const auto name = option_name(word);
    if (name == "-n" || name == "--lines") {
        return take_lines(words, options);
    }
    if (name == "--since") {
        return take_since(words, now, options);
    }
    if (name == "--control") {
        options.control = take_value(words);
        return options.control ? Taken{} : wrong("'--control' needs the path of a socket");
    }
    if (word == "-f" || word == "--follow") {
        options.request.follows = true;
    } else if (word == "-t" || word == "--timestamps") {
        options.has_timestamps = true;
    } else if (word == "-h" || word == "--help") {
        options.is_help = true;
    } else {
        return wrong("unknown option '" + std::string{word} +
                     "', expected -f, -n, --since, -t or --control");
    }
    words = words.subspan(1);
    return {};
}

}  // namespace

base::Result<LogsOptions, std::string> parse_logs_options(std::span<const std::string> words,
                                                          std::int64_t now) {
    const auto split = split_short(words, "fth", "n");
    std::span<const std::string> args{split};
    LogsOptions options;
    auto& services = options.request.services;
    while (!args.empty()) {
        const std::string& word = args.front();
        if (word.size() > 1 && word.starts_with('-')) {
            if (const auto taken = take_option(args, now, options); !taken) {
                return wrong(taken.error());
            }
            continue;
        }
        if (word.empty() || word.size() > logging::kMaxLogName) {
            return wrong("'" + word + "' is no name of a service");
        }
        services.push_back(word);
        args = args.subspan(1);
    }
    if (services.size() > logging::kMaxLogNames) {
        return wrong("at most " + std::to_string(logging::kMaxLogNames) +
                     " services can be named; without a name all are meant");
    }
    return options;
}

}  // namespace cli
