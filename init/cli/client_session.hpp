// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client_options.hpp"
#include "control/client.hpp"
#include "sys/tree_usage.hpp"

namespace cli {

/// Reaches PID 1 for the sub-command `command`, at the socket `named` if there is one. Else says
/// what was wrong, and the error is the exit code to leave with.
[[nodiscard]] base::Result<control::Client, int> reach_init(
    std::string_view command, const std::optional<std::string>& named);

/// What most clients begin with: its options read and PID 1 reached. Else what was wrong is said,
/// or the help shown, and `exit_code` is what to leave with.
struct Session {
    ClientOptions options{};
    std::optional<control::Client> client{};
    int exit_code = 0;
};
[[nodiscard]] Session open_session(std::string_view command, std::span<const std::string> args);

/// The services that `names` mean, by their index in `status`: one, or all instances of a file.
/// Without names all. The error names the one that is none.
[[nodiscard]] base::Result<std::vector<std::size_t>, std::string> select_services(
    const control::Client::Status& status, std::span<const std::string> names);

/// A session that begins with a look at the services that its options name. Without one (`status`
/// is empty) what was wrong is said, and `session.exit_code` is what to leave with.
struct LookAtServices {
    Session session{};
    std::optional<control::Client::Status> status{};
    std::vector<std::size_t> chosen{};  ///< indices in `status`, each once
};
[[nodiscard]] LookAtServices look_at_services(std::string_view command,
                                              std::span<const std::string> args);

/// Where the processes of each service begin. The names are views into `status`.
[[nodiscard]] std::vector<sys::TreeRoot> tree_roots(const control::Client::Status& status);

}  // namespace cli
