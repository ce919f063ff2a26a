// SPDX-License-Identifier: MIT
#pragma once

#include "core/event.hpp"
#include "log/fields.hpp"
#include "runtime/report.hpp"

namespace runtime {

/// The name of an event in a JSON line, as docs/events.md lists them.
[[nodiscard]] std::string_view event_name(core::Report::Kind kind);

/// What a JSON line says of a report besides its message. Allocation-free.
[[nodiscard]] logging::Fields fields_of(const core::Report& report, const core::Spec& spec,
                                        const DeathNote& note);

}  // namespace runtime
