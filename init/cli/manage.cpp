// SPDX-License-Identifier: MIT
#include <algorithm>

#include "cli/client_output.hpp"
#include "cli/client_session.hpp"
#include "cli/commands.hpp"
#include "cli/follow.hpp"

/// The sub-commands that change something: start, stop, restart, reload and signal.
namespace cli {
namespace {

using control::Action;

struct Words {
    std::string_view name;     ///< of the command
    std::string_view present;  ///< "stopping"
    std::string_view verb;     ///< "stops"
    Goal goal;
};

const Words& words_of(Action action) {
    static constexpr Words kStart{"start", "starting", "starts", Goal::Start};
    static constexpr Words kStop{"stop", "stopping", "stops", Goal::Stop};
    static constexpr Words kRestart{"restart", "restarting", "restarts", Goal::Restart};
    return action == Action::Start ? kStart : action == Action::Stop ? kStop : kRestart;
}

bool is_so_already(Action action, core::State state) {
    return (action == Action::Start && state == core::State::Up) ||
           (action == Action::Stop && core::has_ended(state));
}

std::string join(std::span<const std::string> names) {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    }
    return out;
}

/// "stopping db also stops web, which requires it"; "" when nothing else is touched.
std::string also_line(Action action, std::span<const std::string> names,
                      const control::ManageReply& reply) {
    if (reply.also_count == 0) {
        return {};
    }
    std::vector<std::string> asked;
    for (const auto& name : names) {
        if (std::find(asked.begin(), asked.end(), name) == asked.end()) {
            asked.push_back(name);
        }
    }
    std::vector<std::string> others;
    const auto named = std::min<std::size_t>(reply.also_count, control::kMaxNames);
    for (const auto& name : std::span{reply.also}.first(named)) {
        others.emplace_back(name.view());
    }
    if (reply.also_count > named) {
        others.push_back(std::to_string(reply.also_count - named) + " more");
    }
    const auto& words = words_of(action);
    const bool is_one = reply.also_count == 1;
    const std::string_view why = action == Action::Start
                                     ? (asked.size() == 1 ? "it requires" : "they require")
                                 : is_one ? "requires it"
                                          : "require it";
    return std::string{words.present} + " " + join(asked) + " also " + std::string{words.verb} +
           " " + join(others) + ", which " + std::string{why} + "\n";
}

int change(Action action, std::span<const std::string> args) {
    const auto& words = words_of(action);
    auto look = look_at_services(words.name, args);
    auto& [session, before, chosen] = look;
    if (!before) {
        return session.exit_code;
    }
    const auto& options = session.options;
    const auto accepted = session.client->manage(action, options.services);
    if (!accepted) {
        return complain(accepted.error());
    }
    print(also_line(action, options.services, *accepted));
    std::vector<Followed> followed;
    for (const auto index : chosen) {
        const auto& service = before->services[index];
        const auto state = state_of(service);
        if (is_so_already(action, state)) {
            print(std::string{service.name.view()} + " is already " +
                  std::string{service.state.view()} + "\n");
            continue;
        }
        followed.push_back({std::string{service.name.view()}, service.spawned, false});
    }
    if (options.is_no_wait) {
        return 0;
    }
    return follow(*session.client, words.goal, followed, options.timeout);
}

/// The files are read again.
int reload_files(Session& session) {
    using Outcome = control::ReloadReply::Outcome;
    const auto& options = session.options;
    const auto reply = session.client->reload(
        options.is_no_wait ? std::nullopt
                           : std::optional{options.timeout.value_or(control::kMaxWait)});
    if (!reply) {
        return complain(reply.error());
    }
    auto text = printable_lines(reply->text.view());
    text.resize(text.size() - (text.ends_with('\n') ? 1 : 0));
    switch (reply->outcome) {
    case Outcome::Done:
        return print("reloaded: " + text + "\n");
    case Outcome::Unchanged:
        return print("nothing to reload: " + text + "\n");
    case Outcome::Begun:
        return 0;
    case Outcome::Pending:
        return complain("the reload is not over in time, it goes on", 1);
    case Outcome::Refused:
        break;
    }
    const bool is_list = text.find('\n') != std::string::npos;
    return complain(std::string{"nothing was reloaded:"} + (is_list ? "\n" : " ") + text, 1);
}

/// Signals are sent, not waited for: what a service makes of one is its own affair.
int send_signal(Action action, std::string_view command, std::span<const std::string> args) {
    auto session = open_session(command, args);
    if (!session.client) {
        return session.exit_code;
    }
    if (action == Action::Reload && session.options.services.empty()) {
        return reload_files(session);
    }
    const auto reply =
        session.client->manage(action, session.options.services, session.options.signal);
    return reply ? 0 : complain(reply.error());
}

}  // namespace

int run_start(std::span<const std::string> args) {
    return change(Action::Start, args);
}

int run_stop(std::span<const std::string> args) {
    return change(Action::Stop, args);
}

int run_restart(std::span<const std::string> args) {
    return change(Action::Restart, args);
}

int run_reload(std::span<const std::string> args) {
    return send_signal(Action::Reload, "reload", args);
}

int run_signal(std::span<const std::string> args) {
    return send_signal(Action::Signal, "signal", args);
}

}  // namespace cli
