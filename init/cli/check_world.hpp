// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "config/load.hpp"
#include "core/event.hpp"

namespace cli {

/// How bad it is that something outside the files does not exist.
enum class Absence { Error, Warning };

/// Looks whether what the services name exists here: programs, users, templates (and whether they
/// can be rendered), secrets, files, directories. Adds its complaints to the diagnostics of
/// `loaded`. A service that a reload leaves as it is (`from` says so, one entry per service) is
/// none of its business. Blocks on the file system, changes nothing.
void check_world(config::Loaded& loaded, Absence absence,
                 std::span<const core::Successor> from = {});

}  // namespace cli
