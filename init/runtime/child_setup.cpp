// SPDX-License-Identifier: MIT
#include "runtime/child_setup.hpp"

#include <cerrno>
#include <string_view>

#include "runtime/child_execute.hpp"
#include "runtime/child_user.hpp"
#include "sys/files.hpp"

namespace runtime {
namespace {

// A step may change it; without one the result is for the service and its group.
constexpr unsigned kStagingMode = 0750;
constexpr unsigned kStampMode = 0644;

std::string quoted_name(const core::SetupStep& step) {
    return "setup step '" + step.name + "'";
}

bool is_done(const core::SetupStep& step) {
    if (!step.creates.empty()) {
        return sys::exists(step.creates);
    }
    return !step.once.empty() && sys::exists(step.once);
}

ChildResult<void> run_command(const core::ServiceSpec& service, const core::SetupStep& step,
                              const VariableTable& variables,
                              const std::optional<sys::User>& user) {
    const auto status = run_as_service(
        service, user,
        {.argv = step.creates.empty() ? step.command
                                      : with_staging(step.command, staging_path(step.creates)),
         .environment = variables.entries(),
         .stdin_path = step.stdin_path});
    if (!status) {
        const auto& error = status.error();
        return fail(Stage::Setup, error.exit_code, error.error_number,
                    quoted_name(step) + ": " + error.text);
    }
    if (*status != base::ExitStatus::exited(0)) {
        return fail(Stage::Setup, status->shell_code(), 0,
                    quoted_name(step) + " " + std::string{base::to_string(*status)});
    }
    return {};
}

// What a crash left is removed first: it may be incomplete in any way.
ChildResult<void> make_staging(const core::SetupStep& step, const std::optional<sys::User>& user) {
    const auto staging = staging_path(step.creates);
    const auto uncreatable = [&](const base::Errno& error) {
        return base::unexpected<ChildError>{
            creation_error(Stage::Setup, error, "staging directory", staging)};
    };
    if (const auto removed = sys::remove_tree(staging); !removed) {
        if (removed.error() == sys::kForeignLink) {
            return uncreatable(removed.error());
        }
        return fail(Stage::Setup, base::kExitSystem, removed.error().code,
                    quoted_name(step) + ": the stale '" + staging + "' cannot be removed");
    }
    auto owner = find_owner(Stage::Setup, {}, user, "staging directory", staging);
    if (!owner) {
        return base::unexpected<ChildError>{std::move(owner.error())};
    }
    if (const auto made = sys::make_directory(staging, kStagingMode, *owner); !made) {
        return uncreatable(made.error());
    }
    return {};
}

ChildResult<void> publish(const core::SetupStep& step) {
    const auto published = sys::publish_tree(staging_path(step.creates), step.creates);
    if (!published && published.error() == sys::kForeignLink) {
        return base::unexpected<ChildError>{creation_error(
            Stage::Setup, published.error(), "result of " + quoted_name(step), step.creates)};
    }
    if (!published) {
        return fail(
            Stage::Setup, base::kExitSystem, published.error().code,
            quoted_name(step) + " succeeded, but its result cannot become '" + step.creates + "'");
    }
    return {};
}

ChildResult<void> write_stamp(const core::SetupStep& step) {
    const auto written = sys::write_file_atomic(step.once, "", kStampMode);
    if (!written) {
        return base::unexpected<ChildError>{
            creation_error(Stage::Setup, written.error(), "stamp", step.once)};
    }
    return {};
}

ChildResult<void> run_step(const core::ServiceSpec& service, const core::SetupStep& step,
                           const VariableTable& variables, const std::optional<sys::User>& user) {
    auto result = step.creates.empty() ? ChildResult<void>{} : make_staging(step, user);
    if (result) {
        result = run_command(service, step, variables, user);
    }
    if (result && !step.creates.empty()) {
        result = publish(step);
    }
    if (result && !step.once.empty()) {
        result = write_stamp(step);
    }
    return result;
}

}  // namespace

std::string staging_path(const std::string& target) {
    const auto end = target.find_last_not_of('/');
    const auto path = target.substr(0, end + 1);
    const auto name = path.rfind('/') + 1;
    return path.substr(0, name) + "." + path.substr(name) + ".pidone-staging";
}

std::vector<std::string> with_staging(const std::vector<std::string>& command,
                                      const std::string& staging) {
    constexpr std::string_view kReference = "${STAGING}";
    auto result = command;
    for (auto& word : result) {
        for (auto at = word.find(kReference); at != std::string::npos;
             at = word.find(kReference, at + staging.size())) {
            word.replace(at, kReference.size(), staging);
        }
    }
    return result;
}

ChildResult<void> run_setup(const core::ServiceSpec& service, const VariableTable& variables,
                            const std::optional<sys::User>& user, int status_fd) {
    for (const auto& step : service.child.setup) {
        if (is_done(step)) {
            continue;
        }
        announce_step(status_fd, Stage::Setup, quoted_name(step));
        if (auto done = run_step(service, step, variables, user); !done) {
            return done;
        }
    }
    return {};
}

}  // namespace runtime
