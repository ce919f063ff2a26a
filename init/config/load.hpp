// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "base/result.hpp"
#include "config/diagnostic.hpp"
#include "config/environment.hpp"
#include "config/source.hpp"
#include "core/spec.hpp"

namespace config {

/// At most this many services run in one container, each instance counted.
inline constexpr std::size_t kMaxServices = 128;
/// At most this many bytes has a service's name, "@instance" included; the control protocol carries
/// no more.
inline constexpr std::size_t kMaxNameSize = 63;

/// Where things of a Spec were written, for checks that need the outside world (does the program
/// exist?). One entry per service, in the order of Spec::services.
struct ServiceOrigin {
    SourcePos command;
    SourcePos user;
    SourcePos working_directory;
    std::vector<SourcePos> environment_files;
    std::vector<SourcePos> secrets;
    std::vector<SourcePos> secrets_from_env;
    std::vector<SourcePos> directories;       ///< of `path`
    std::vector<SourcePos> directory_owners;  ///< of `owner`, or of `path` when there is none
    std::vector<SourcePos> template_sources;
    std::vector<SourcePos> template_targets;
    std::vector<SourcePos> template_owners;
    std::vector<SourcePos> setup_commands;
    std::vector<SourcePos> setup_stdin;
    std::vector<SourcePos> setup_once;
    std::vector<SourcePos> listen;
    std::vector<SourcePos> listen_owners;  ///< of `owner`, or of the whole when there is none
    SourcePos before_stop;
    SourcePos ready;
    SourcePos health;
    SourcePos timezone;
    SourcePos log_file;
};

/// What to do about a `${VAR}` that is not set: `pidone check --no-root` looks at files away from
/// the container they are for, where it can only warn and read the key as absent.
enum class Unset { Error, Warning };

struct Loaded {
    core::Spec spec;  ///< to be trusted only without errors
    std::vector<ServiceOrigin> origins;
    Diagnostics diagnostics;  ///< knows the sources, so further checks can add to it
};

/// Turns the texts of all files into one Spec and every complaint about them at once. Pure: nothing
/// is opened. `environment` gives the variables for `${VAR}` and the PIDONE_* overrides of
/// pidone.toml.
[[nodiscard]] Loaded load_all(std::span<const SourceFile> files, const Environment& environment,
                              Unset unset = Unset::Error);

/// The Spec, or the complaints when one of them is an error.
[[nodiscard]] base::Result<core::Spec, Diagnostics> load(std::span<const SourceFile> files,
                                                         const Environment& environment);

}  // namespace config
