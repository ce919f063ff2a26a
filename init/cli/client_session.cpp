// SPDX-License-Identifier: MIT
#include "cli/client_session.hpp"

#include <algorithm>

#include "base/exit_status.hpp"
#include "base/suggest.hpp"
#include "base/words.hpp"
#include "cli/client_output.hpp"
#include "cli/init_mode.hpp"
#include "cli/option_words.hpp"

namespace cli {

base::Result<control::Client, int> reach_init(std::string_view command,
                                              const std::optional<std::string>& named) {
    auto client = control::Client::connect(named);
    if (client) {
        return std::move(*client);
    }
    return base::unexpected{
        !named && init_is_in_command_mode()
            ? complain(
                  std::string{command} + ": PID 1 is in command mode and has no control socket", 1)
            : complain(client.error())};
}

Session open_session(std::string_view command, std::span<const std::string> args) {
    Session session;
    const std::string name{command};
    auto options = parse_client_options(command, args);
    if (const auto code = answer_words(name, options)) {
        session.exit_code = *code;
        return session;
    }
    session.options = std::move(*options);
    auto client = reach_init(command, named_control(session.options.control));
    if (client) {
        session.client.emplace(std::move(*client));
    } else {
        session.exit_code = client.error();
    }
    return session;
}

base::Result<std::vector<std::size_t>, std::string> select_services(
    const control::Client::Status& status, std::span<const std::string> names) {
    std::vector<std::size_t> chosen;
    std::vector<std::string_view> known;
    for (const auto& service : status.services) {
        known.push_back(service.name.view());
    }
    const auto add = [&](std::size_t index) {
        if (std::find(chosen.begin(), chosen.end(), index) == chosen.end()) {
            chosen.push_back(index);
        }
    };
    for (std::size_t i = 0; names.empty() && i < known.size(); ++i) {
        add(i);
    }
    for (const auto& name : names) {
        bool is_known = false;
        for (std::size_t i = 0; i < known.size(); ++i) {
            if (known[i] == name || base::is_instance_of(known[i], name)) {
                add(i);
                is_known = true;
            }
        }
        if (!is_known) {
            const auto close = base::suggest(name, known);
            return base::unexpected("no service '" + name + "' in this container; " +
                                    (close.empty() ? std::string{"'pidone status' lists them"}
                                                   : "did you mean '" + std::string{close} + "'?"));
        }
    }
    return chosen;
}

LookAtServices look_at_services(std::string_view command, std::span<const std::string> args) {
    LookAtServices look{.session = open_session(command, args)};
    auto& session = look.session;
    if (!session.client) {
        return look;
    }
    auto status = session.client->status();
    if (!status) {
        session.exit_code = complain(status.error());
        return look;
    }
    auto chosen = select_services(*status, session.options.services);
    if (!chosen) {
        session.exit_code = complain(chosen.error(), 1);
        return look;
    }
    look.status = std::move(*status);
    look.chosen = std::move(*chosen);
    return look;
}

std::vector<sys::TreeRoot> tree_roots(const control::Client::Status& status) {
    std::vector<sys::TreeRoot> roots;
    roots.reserve(status.services.size());
    for (const auto& service : status.services) {
        roots.push_back({service.pid, service.name.view()});
    }
    return roots;
}

}  // namespace cli
