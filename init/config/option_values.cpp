// SPDX-License-Identifier: MIT
#include "config/option_values.hpp"

#include <charconv>

namespace config {
namespace {

std::string got(std::string_view expected, std::string_view text) {
    return "expected " + std::string{expected} + ", got '" + std::string{text} + "'";
}

/// Calls `add` for each part of a comma list; empty parts are left out.
template <class Add>
Checked for_each_part(std::string_view list, Add add) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto part = list.substr(0, comma);
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
        if (part.empty()) {
            continue;
        }
        if (auto added = add(part); !added) {
            return added;
        }
    }
    return {};
}

}  // namespace

std::optional<int> parse_number(std::string_view text, int low, int high) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || number < low ||
        number > high || text[0] == '-') {
        return std::nullopt;
    }
    return number;
}

Checked read_flag(std::string_view text, bool& flag) {
    std::string lower{text};
    for (char& c : lower) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    for (const std::string_view word : {"1", "true", "yes", "on"}) {
        if (lower == word) {
            flag = true;
            return {};
        }
    }
    for (const std::string_view word : {"0", "false", "no", "off"}) {
        if (lower == word) {
            flag = false;
            return {};
        }
    }
    return base::unexpected(got("1, true, yes, on, 0, false, no or off", text));
}

Checked read_signal(std::string_view text, core::Signal& signal) {
    const auto parsed = base::parse_signal(text);
    if (!parsed) {
        return base::unexpected(got("a signal such as TERM or 15", text));
    }
    signal = *parsed;
    return {};
}

Checked read_duration(std::string_view text, core::Duration& duration) {
    const auto parsed = base::parse_duration(text);
    if (!parsed) {
        return base::unexpected(got("a duration such as 500ms or 10s", text));
    }
    duration = *parsed;
    return {};
}

Checked add_remap(std::string_view text, core::CommandSettings& settings) {
    const auto colon = text.find(':');
    const auto from = parse_number(text.substr(0, colon), 0, 255);
    const auto to = colon == std::string_view::npos ? std::optional{0}
                                                    : parse_number(text.substr(colon + 1), 0, 255);
    if (!from || !to) {
        return base::unexpected(got("CODE or CODE:CODE, each from 0 to 255", text));
    }
    std::erase_if(settings.remap, [&](const auto& other) { return other.first == *from; });
    settings.remap.emplace_back(*from, *to);
    return {};
}

Checked add_rewrite(std::string_view text, core::CommandSettings& settings) {
    constexpr std::string_view kForm = "FROM:TO, signal names or numbers (an empty TO drops)";
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        return base::unexpected(got(kForm, text));
    }
    const auto from = base::parse_signal(text.substr(0, colon));
    const auto target = text.substr(colon + 1);
    const auto to = target.empty() ? std::optional{core::Signal{}} : base::parse_signal(target);
    if (!from || !to) {
        return base::unexpected(got(kForm, text));
    }
    if (*from == base::kSigKill || *from == base::kSigStop || *from == base::kSigChld) {
        return base::unexpected(base::to_string(*from) +
                                " cannot be rewritten, pidone never "
                                "sees it as a signal to forward");
    }
    set_rewrite({*from, *to}, settings);
    return {};
}

void set_rewrite(core::SignalRoute route, core::CommandSettings& settings) {
    std::erase_if(settings.rewrites, [&](const auto& other) { return other.from == route.from; });
    settings.rewrites.push_back(route);
}

Checked apply_variables(const Environment& environment, Options& options) {
    auto& settings = options.settings;
    bool is_quiet = false;
    bool is_verbose = false;
    const auto apply = [&](std::string_view name, std::string_view text) -> Checked {
        if (name == "PIDONE_SUBREAPER") {
            return read_flag(text, options.is_subreaper);
        }
        if (name == "PIDONE_GROUP") {
            return read_flag(text, settings.signals_group);
        }
        if (name == "PIDONE_PARENT_DEATH_SIGNAL") {
            return read_signal(text, options.parent_death_signal);
        }
        if (name == "PIDONE_REMAP_EXIT") {
            return for_each_part(text, [&](auto part) { return add_remap(part, settings); });
        }
        if (name == "PIDONE_REWRITE") {
            return for_each_part(text, [&](auto part) { return add_rewrite(part, settings); });
        }
        if (name == "PIDONE_STOP_TIMEOUT") {
            return read_duration(text, settings.stop_timeout.emplace());
        }
        if (name == "PIDONE_KILL_GRACE") {
            return read_duration(text, settings.kill_grace);
        }
        if (name == "PIDONE_WARN_ON_REAP") {
            return read_flag(text, settings.warns_on_reap);
        }
        return name == "PIDONE_VERBOSE" ? read_flag(text, is_verbose) : read_flag(text, is_quiet);
    };
    for (const std::string_view name :
         {"PIDONE_SUBREAPER", "PIDONE_GROUP", "PIDONE_PARENT_DEATH_SIGNAL", "PIDONE_REMAP_EXIT",
          "PIDONE_REWRITE", "PIDONE_STOP_TIMEOUT", "PIDONE_KILL_GRACE", "PIDONE_WARN_ON_REAP",
          "PIDONE_VERBOSE", "PIDONE_QUIET"}) {
        const auto text = environment.get(name);
        // An empty variable counts as unset: Compose cannot unset one.
        if (!text || text->empty()) {
            continue;
        }
        if (auto applied = apply(name, *text); !applied) {
            return base::unexpected(std::string{name} + ": " + applied.error());
        }
    }
    options.verbosity = is_verbose ? 2 : is_quiet ? 0 : options.verbosity;
    return {};
}

}  // namespace config
