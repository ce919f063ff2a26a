// SPDX-License-Identifier: MIT
#pragma once

#include "config/load.hpp"

namespace cli {

/// How bad it is that something outside the files does not exist.
enum class Absence { Error, Warning };

/// Looks whether what the services name exists here: programs, users, templates (and whether they
/// can be rendered), secrets, files, directories. Adds its complaints to the diagnostics of
/// `loaded`. Blocks on the file system, changes nothing.
void check_world(config::Loaded& loaded, Absence absence);

}  // namespace cli
