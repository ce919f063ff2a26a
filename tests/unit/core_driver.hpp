// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/supervisor.hpp"

/// Makes specs and drives a Supervisor by hand: every call is one event, every answer the commands
/// as short texts ("spawn db", "TERM main db", "watch db", "report Ready db", "exit 0").
namespace core_test {

using base::ExitStatus;
using core::Duration;
using core::Instant;
using core::ServiceId;
using core::State;
using Texts = std::vector<std::string>;

inline constexpr ServiceId operator""_id(unsigned long long value) {
    return static_cast<ServiceId>(value);
}

/// A service of type service that is up once exec'd and essential, as most are.
core::ServiceSpec service(std::string name, std::vector<ServiceId> requires_ = {});
core::ServiceSpec oneshot(std::string name, std::vector<ServiceId> requires_ = {});
core::Spec spec(std::vector<core::ServiceSpec> services);
/// Command mode with one program.
core::Spec program();

class Driver {
  public:
    explicit Driver(core::Spec spec, std::uint64_t seed = 0)
        : spec_{std::move(spec)}, supervisor_{spec_, seed} {}
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    Texts boot() { return step({.kind = core::Event::Kind::Boot}); }
    Texts spawned(ServiceId id);
    Texts spawn_failed(ServiceId id, int error);
    Texts executed(ServiceId id) { return on(core::Event::Kind::Executed, id); }
    Texts start_failed(ServiceId id) { return on(core::Event::Kind::StartFailed, id); }
    Texts ready(ServiceId id) { return on(core::Event::Kind::Ready, id); }
    Texts exited(ServiceId id, int code) { return ended(id, ExitStatus::exited(code)); }
    Texts killed(ServiceId id, core::Signal by) { return ended(id, ExitStatus::killed(by)); }
    Texts ended(ServiceId id, ExitStatus status);
    Texts tree_empty(ServiceId id) { return on(core::Event::Kind::TreeEmpty, id); }
    Texts hook_exited(ServiceId id, ExitStatus status);
    Texts extended(ServiceId id, Duration by);
    Texts probed(ServiceId id, int code);
    Texts fed(ServiceId id) { return on(core::Event::Kind::WatchdogFed, id); }
    Texts watchdog_set(ServiceId id, Duration interval) {
        return step({.kind = core::Event::Kind::WatchdogSet, .service = id, .duration = interval});
    }
    Texts watchdog_failed(ServiceId id) { return on(core::Event::Kind::WatchdogFailed, id); }
    Texts due(ServiceId id) { return on(core::Event::Kind::Due, id); }
    Texts start(ServiceId id) { return on(core::Event::Kind::StartAsked, id); }
    Texts stop(ServiceId id) { return on(core::Event::Kind::StopAsked, id); }
    Texts restart(ServiceId id) { return on(core::Event::Kind::RestartAsked, id); }
    Texts replace(ServiceId id) { return on(core::Event::Kind::ReplaceAsked, id); }
    /// Another Spec takes over; the commands of the Tick behind it.
    Texts adopt(core::Spec next, const std::vector<core::Successor>& from) {
        spec_ = std::move(next);
        supervisor_.adopt(from, now_);
        return step({.kind = core::Event::Kind::Tick});
    }
    Texts signal(core::Signal signal);
    Texts children_gone() { return step({.kind = core::Event::Kind::ChildrenGone}); }
    Texts linger_done() { return step({.kind = core::Event::Kind::LingerDone}); }
    /// Lets time pass without a Tick: PID 1 is late.
    void pass(Duration duration) { now_ += duration; }
    /// The container stands still for so long, and PID 1 sees it.
    Texts paused(Duration duration);
    /// Lets time pass, then a Tick.
    Texts after(Duration duration);

    /// Boots and brings everything up in the order of the Spec.
    void bring_up();
    /// The answers to Command::Spawn, and Ready where the service has to say so.
    void come_up(ServiceId id);
    /// The end of main process and tree; the commands of both steps.
    Texts gone(ServiceId id, ExitStatus status);

    Texts step(const core::Event& event);
    /// How long until the next deadline; -1 when there is none.
    [[nodiscard]] Duration deadline() const;
    [[nodiscard]] State state(ServiceId id) const { return supervisor_.service(id).state; }
    [[nodiscard]] core::Hold::Kind hold(ServiceId id) const { return supervisor_.hold(id).kind; }
    [[nodiscard]] const core::Supervisor& supervisor() const { return supervisor_; }

  private:
    Texts on(core::Event::Kind kind, ServiceId id) { return step({.kind = kind, .service = id}); }
    [[nodiscard]] std::string text(const core::Command& command) const;
    [[nodiscard]] std::string text(const core::Report& report) const;
    [[nodiscard]] std::string name(ServiceId id) const;

    core::Spec spec_;
    core::Supervisor supervisor_;
    Instant now_{Duration{1'000'000}};
};

/// Without the reports.
Texts acts(const Texts& texts);

}  // namespace core_test

namespace doctest {

/// A failed comparison shows both lists, a line each.
template <>
struct StringMaker<std::vector<std::string>> {
    static String convert(const std::vector<std::string>& texts);
};

}  // namespace doctest
