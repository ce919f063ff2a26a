// SPDX-License-Identifier: MIT
#pragma once

#include "cli/check_world.hpp"
#include "runtime/child_environment.hpp"

namespace cli {

/// Complaints about what is outside of the service files: errors in the container, warnings away
/// from it. Borrows the diagnostics.
class WorldComplaints {
  public:
    WorldComplaints(config::Diagnostics& diagnostics, Absence absence)
        : diagnostics_{diagnostics}, absence_{absence} {}

    void absent(config::SourcePos pos, std::string_view message, std::string_view hint = "") {
        if (absence_ == Absence::Error) {
            diagnostics_.error(pos, message, hint);
        } else {
            diagnostics_.warning(pos, message, hint);
        }
    }
    [[nodiscard]] config::Diagnostics& diagnostics() { return diagnostics_; }

  private:
    config::Diagnostics& diagnostics_;
    Absence absence_;
};

/// What the templates of a service may name. Of a secret the name counts, its value is dropped.
struct KnownNames {
    runtime::VariableTable variables;
    bool is_complete = true;  ///< every environment file could be read
};

/// Puts the names together as the start will do (see runtime::make_environment()), and complains
/// about every secret and environment file that would refuse it. Reads files.
[[nodiscard]] KnownNames check_environment(const core::ChildSpec& spec,
                                           const config::ServiceOrigin& origin,
                                           WorldComplaints& complaints);

}  // namespace cli
