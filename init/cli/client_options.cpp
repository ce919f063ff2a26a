// SPDX-License-Identifier: MIT
#include "cli/client_options.hpp"

#include <string_view>

#include "control/protocol.hpp"
#include "sys/environment.hpp"

namespace cli {
namespace {

using Parsed = base::Result<ClientOptions, std::string>;

base::unexpected<std::string> wrong(std::string message) {
    return base::unexpected<std::string>{std::move(message)};
}

/// Walks over the words; an option's value is the next word, or follows '=' in the same one.
class Words {
  public:
    explicit Words(std::span<const std::string> args) : args_{args} {}

    [[nodiscard]] bool is_at_end() const { return args_.empty(); }
    [[nodiscard]] std::string_view front() const { return args_.front(); }
    [[nodiscard]] std::string_view name() const {
        return front().starts_with("--") ? front().substr(0, front().find('=')) : front();
    }
    [[nodiscard]] bool has_inline_value() const { return name().size() != front().size(); }
    void drop() { args_ = args_.subspan(1); }

    std::optional<std::string> take_value() {
        const bool is_inline = has_inline_value();
        const auto start = name().size() + 1;
        const std::string word{front()};
        drop();
        if (is_inline) {
            return word.substr(start);
        }
        if (args_.empty()) {
            return std::nullopt;
        }
        std::string value{front()};
        drop();
        return value;
    }
    [[nodiscard]] std::vector<std::string> rest() const { return {args_.begin(), args_.end()}; }

  private:
    std::span<const std::string> args_;
};

base::Result<void, std::string> take_control(Words& words, ClientOptions& options) {
    options.control = words.take_value();
    if (!options.control) {
        return wrong("'--control' needs the path of a socket");
    }
    return {};
}

base::Result<void, std::string> take_wait(Words& words, ClientOptions& options) {
    const auto value = words.take_value();
    if (!value) {
        return wrong("'--wait' needs a duration like 30s");
    }
    options.wait = base::parse_duration(*value);
    if (!options.wait) {
        return wrong("'--wait' must be a duration like 30s, got '" + *value + "'");
    }
    return {};
}

bool is_option(std::string_view word) {
    return word.size() > 1 && word.starts_with('-');
}

bool take_help(Words& words, ClientOptions& options) {
    if (words.front() != "-h" && words.front() != "--help") {
        return false;
    }
    options.is_help = true;
    words.drop();
    return true;
}

}  // namespace

Parsed parse_healthcheck_options(std::span<const std::string> args) {
    ClientOptions options;
    Words words{args};
    while (!words.is_at_end() && is_option(words.front())) {
        base::Result<void, std::string> taken;
        if (words.front() == "--") {
            words.drop();
            break;
        }
        if (take_help(words, options)) {
            continue;
        }
        if (words.name() == "--wait") {
            taken = take_wait(words, options);
        } else if (words.name() == "--control") {
            taken = take_control(words, options);
        } else {
            return wrong("unknown option '" + std::string{words.front()} +
                         "', expected --wait or --control");
        }
        if (!taken) {
            return wrong(taken.error());
        }
    }
    options.services = words.rest();
    if (options.services.size() > control::kMaxNames) {
        return wrong("at most " + std::to_string(control::kMaxNames) +
                     " services can be named; without a name the whole container is meant");
    }
    for (const auto& service : options.services) {
        if (service.empty() || service.size() > control::Name::kCapacity) {
            return wrong("'" + service + "' is no name of a service");
        }
    }
    return options;
}

Parsed parse_status_options(std::span<const std::string> args) {
    ClientOptions options;
    Words words{args};
    while (!words.is_at_end()) {
        if (take_help(words, options)) {
            continue;
        }
        if (words.front() == "--json") {
            options.is_json = true;
            words.drop();
        } else if (words.name() == "--control") {
            if (auto taken = take_control(words, options); !taken) {
                return wrong(taken.error());
            }
        } else if (is_option(words.front())) {
            return wrong("unknown option '" + std::string{words.front()} +
                         "', expected --json or --control");
        } else {
            return wrong("'status' takes no service, got '" + std::string{words.front()} +
                         "'; it prints all of them");
        }
    }
    return options;
}

std::optional<std::string> named_control(const ClientOptions& options) {
    if (options.control) {
        return options.control;
    }
    if (const auto variable = sys::get_variable("PIDONE_CONTROL")) {
        return std::string{*variable};
    }
    return std::nullopt;
}

}  // namespace cli
