// SPDX-License-Identifier: MIT
#pragma once

#include <queue>
#include <string>
#include <vector>

#include "core/supervisor.hpp"
#include "oracle.hpp"
#include "scenario.hpp"

namespace sim {

using core::Instant;
using core::Scope;
using core::ServiceId;

/// One entry of the fake process table.
struct Process {
    enum class Role { Main, Leftover, Stray, Hook, Probe, HealthProbe };
    Role role = Role::Main;
    ServiceId service = core::kNoService;
    Manners manners{};
    bool is_alive = true;
    bool is_reaped = false;
    bool is_asked = false;  ///< the first TERM decides; the others change nothing
    ExitStatus status = ExitStatus::exited(0);
};

/// What outlives a run.
struct Lasting {
    int run = 0;
    int automatic = 0;          ///< restarts since a run that lived for the window
    bool is_automatic = false;  ///< the next start is a restart by policy
    Instant not_before{};       ///< and must not come earlier
    bool is_asked_for = false;  ///< somebody wanted it, enabled or not
    bool is_hand_stopped = false;
    bool is_replaced = false;  ///< a reload is to bring another one, or none
};

/// What the world knows of the present run of a service, without asking the supervisor.
struct Known {
    int main = -1;  ///< index of the live or unreaped main process
    bool was_spawned = false;
    bool was_executed = false;   ///< and the supervisor knows
    bool is_ready = false;       ///< as far as the supervisor can know
    bool has_ended = false;      ///< the supervisor knows that its main process is gone
    bool has_succeeded = false;  ///< with a success code, unasked
    bool is_tree_empty = false;  ///< and the supervisor knows
    bool is_watched = false;
    bool start_failed = false;
    Signal asked{};
    bool was_killed = false;
    std::optional<Instant> killed_at;
    std::optional<Instant> executed_at;
    std::optional<Instant> asked_at;
    std::optional<Instant> ended_at;
    std::optional<Instant> fed_at;
    std::optional<Instant> draining_at;  ///< its before-stop began
    bool is_overdue = false;             ///< not ready in time
    bool has_missed = false;             ///< its watchdog
    bool is_restart_said = false;        ///< the supervisor said that it restarts
    Lasting lasting{};
};

/// A virtual clock and a fake kernel: carries out the supervisor's commands as the scenario says
/// and tells it what came of them, checking the invariants all the while.
class World {
  public:
    enum class Trace { Off, On };
    World(const Scenario& scenario, std::uint64_t seed, Trace trace);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Runs to the supervisor's exit. Empty when every invariant held, else what was violated.
    [[nodiscard]] std::string run();
    [[nodiscard]] std::size_t step_count() const { return steps_; }

  private:
    struct Happening {
        enum class Kind { Tell, Die, Reap, SetUpEnds, LingerEnds, Reload };
        Instant at{};
        std::uint64_t number = 0;  // among those of one instant, first come first served
        Kind kind = Kind::Tell;
        core::Event event{};
        int process = -1;
        int run = -1;  // Tell: only while this run of the service is the present one
        ExitStatus status = ExitStatus::exited(0);
        bool operator<(const Happening& other) const {
            return at != other.at ? at > other.at : number > other.number;
        }
    };

    // world.cpp: time
    void later(Duration delay, Happening happening);
    void tell_later(Duration delay, const core::Event& event);
    void tell_run_later(Duration delay, const core::Event& event);
    void feed(ServiceId id, Instant until);
    void advance();
    void happen(const Happening& happening);
    void wake_idle_world();
    void tell(const core::Event& event);
    void learn(const core::Event& event);
    void learn_end(const core::Event& event);
    void note_given_up();

    // reload.cpp: other files
    void begin_reload();
    void advance_reload();
    void renumber(const Reload& next);
    void check_kept(ServiceId id, const core::Service& before);

    // kernel.cpp: processes
    void obey(const core::Command& command);
    void spawn(ServiceId id);
    void end_set_up(ServiceId id, int process);
    void execute(ServiceId id);
    int add_process(Process process);
    void die(int process, const ExitStatus& status);
    void reap(int process);
    void deliver(int process, Signal signal);
    void signal(const core::Command& command);
    void signal_all(Signal signal);
    void kill_role(ServiceId id, Process::Role role);
    void run_hook(ServiceId id);
    void run_health_probe(ServiceId id);
    void hand_over_main(ServiceId id);
    void tell_if_empty(ServiceId id);
    [[nodiscard]] bool is_tree_alive(ServiceId id) const;
    [[nodiscard]] bool has_children() const;

    // invariants.cpp
    void check_command(const core::Command& command);
    void check_spawn(ServiceId id);
    void check_restart(ServiceId id);
    void check_end_report(const core::Report& report);
    void check_wish(const core::Report& report);
    void check_health_probe(ServiceId id);
    void check_future();
    void check_idle();
    void check_stop(const core::Report& report);
    void check_stop_order(ServiceId id);
    void check_report(const core::Report& report);
    void check_pairs(std::span<const core::Command> commands);
    void check_state();
    void check_end();
    void violate(const char* invariant, const std::string& detail);
    [[nodiscard]] bool is_ready_for_others(ServiceId id) const;
    [[nodiscard]] bool is_gone(ServiceId id) const;

    [[nodiscard]] const core::ServiceSpec& spec(ServiceId id) const {
        return scenario_.spec.services[core::index(id)];
    }
    [[nodiscard]] const Behaviour& behaviour(ServiceId id) {
        const auto& runs = scenario_.behaviours[core::index(id)];
        return runs[static_cast<std::size_t>(known(id).lasting.run) % runs.size()];
    }
    [[nodiscard]] Known& known(ServiceId id) { return known_[core::index(id)]; }
    [[nodiscard]] bool is_service_mode() const {
        return scenario_.spec.mode == core::Mode::Service;
    }

    Scenario scenario_;
    std::optional<Reload> reload_;  ///< on its way
    bool has_reloaded_ = false;
    Random random_;
    Trace trace_;
    core::Supervisor supervisor_;
    Instant now_{Duration{1000}};
    std::uint64_t numbers_ = 0;
    std::priority_queue<Happening> happenings_;
    std::vector<Process> processes_;
    std::vector<Known> known_;
    std::vector<Fact> facts_;
    std::optional<Instant> stop_began_;
    std::optional<Instant> all_killed_at_;
    std::optional<int> exit_code_;
    int idle_wakes_ = 0;
    int ticks_at_once_ = 0;
    std::size_t steps_ = 0;
    std::string violation_;
};

}  // namespace sim
