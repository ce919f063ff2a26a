// SPDX-License-Identifier: MIT
#include "runtime/child_templates.hpp"

#include "config/render.hpp"
#include "runtime/child_user.hpp"
#include "sys/files.hpp"

namespace runtime {
namespace {

constexpr std::size_t kMaxTemplate = 4 * 1024 * 1024;

ChildResult<void> render(const core::Template& job, const VariableTable& variables,
                         const std::optional<sys::User>& user) {
    const auto text = sys::read_file(job.source, kMaxTemplate);
    if (!text) {
        return fail(Stage::Templates, base::kExitConfig, text.error().code,
                    "template '" + job.source + "' cannot be read");
    }
    const auto rendered = config::render_template(*text, variables);
    if (!rendered) {
        const auto& error = rendered.error();
        return fail(Stage::Templates, base::kExitConfig, 0,
                    job.source + ":" + std::to_string(error.line) + ":" +
                        std::to_string(error.column) + ": " + error.message);
    }
    auto owner = find_owner(Stage::Templates, job.owner, user, "template target", job.target);
    if (!owner) {
        return base::unexpected<ChildError>{std::move(owner.error())};
    }
    const auto written = sys::write_file_atomic(job.target, *rendered, job.mode, *owner);
    if (!written) {
        return base::unexpected<ChildError>{
            creation_error(Stage::Templates, written.error(), "template target", job.target)};
    }
    return {};
}

}  // namespace

ChildResult<void> render_templates(const core::ChildSpec& spec, const VariableTable& variables,
                                   const std::optional<sys::User>& user) {
    for (const auto& job : spec.templates) {
        if (auto rendered = render(job, variables, user); !rendered) {
            return rendered;
        }
    }
    return {};
}

}  // namespace runtime
