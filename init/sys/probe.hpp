// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/duration.hpp"
#include "base/endpoint.hpp"
#include "base/result.hpp"

namespace sys {

/// Why an endpoint did not answer.
struct ProbeFailure {
    std::string text;  ///< for people: "connection refused", "timed out after 1s", "status 503"
    int code = 0;      ///< errno, or 0; ETIMEDOUT when the try was not over at its end
    /// A try cannot succeed later either, as with a socket path that is too long.
    bool is_permanent = false;
};

/// What one try gets: long enough for a slow name server, short enough to notice a host that came
/// up after its packets were dropped, and not to keep other endpoints waiting.
inline constexpr base::Duration kTryTimeout{3'000};

/// Whether a try that got `given` failed for no more than that this was less than kTryTimeout: what
/// an earlier try found says more.
[[nodiscard]] bool was_cut(const ProbeFailure& failure, base::Duration given);

/// Tries `endpoint` once, `timeout` at most. tcp and unix: connect; http: GET with HTTP/1.0 and
/// Host, 2xx or 3xx; file: it exists. A name is looked up as resolve() does it, and all its
/// addresses are tried. For children and clients: it blocks and allocates.
[[nodiscard]] base::Result<void, ProbeFailure> try_endpoint(const base::Endpoint& endpoint,
                                                            base::Duration timeout);

}  // namespace sys
