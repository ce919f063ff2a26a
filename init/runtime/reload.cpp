// SPDX-License-Identifier: MIT
#include "runtime/reload.hpp"

#include <algorithm>

#include "config/spec_image.hpp"
#include "runtime/runtime.hpp"
#include "sys/descriptors.hpp"
#include "sys/memory_file.hpp"
#include "sys/pump_io.hpp"
#include "sys/spawn.hpp"

// A child reads the files, with all checks of the start, so that neither a parser nor a slow disk
// is ever in PID 1. What it hands back is compared, and prepared as far as anything could fail;
// then what changes or goes is stopped, and take_over.cpp does the rest.
namespace runtime {

using Outcome = control::ReloadReply::Outcome;
using Phase = Reload::Phase;

namespace {

[[noreturn]] void run_loader(const SpecLoader& loader, const core::Spec& present, int image) {
    sys::set_process_name("pidone-reload");
    const auto spec = loader.load(present);
    const bool is_written = sys::write_all(image, spec ? config::to_image(*spec) : spec.error());
    sys::exit_now(!is_written ? base::kExitSystem : spec ? 0 : base::kExitConfig);
}

base::unexpected<Obstacle> obstacle(const std::string& service, const base::Errno& error) {
    return base::unexpected{
        Obstacle{service, logging::format("{}: {}", error.op, logging::error_text(error.code))}};
}

std::string first_line(std::string_view text) {
    return std::string{text.substr(0, text.find('\n'))};
}

}  // namespace

/// Begins one; else why there is none.
std::string Runtime::ask_for_reload() {
    if (settings_.loader == nullptr || supervisor_.is_stopping()) {
        return "the container is stopping";
    }
    if (reload_.phase != Phase::None || reload_.loader != base::Pid::None) {
        return "another reload is under way";
    }
    auto image = sys::memory_file("pidone-reload");
    if (!image) {
        return std::string{"no memory for the files: "} + logging::error_text(image.error().code);
    }
    const auto pid = sys::fork_child();
    if (!pid) {
        return std::string{"cannot fork: "} + logging::error_text(pid.error().code);
    }
    if (*pid == base::Pid::None) {
        run_loader(*settings_.loader, spec_, image->get());
    }
    reload_.phase = Phase::Reading;
    reload_.loader = *pid;
    reload_.image = std::move(*image);
    return {};
}

control::Server::Fate Runtime::on_reload_request(std::size_t slot) {
    const auto refusal = ask_for_reload();
    if (!refusal.empty()) {
        return control_->answer(slot,
                                control::ReloadReply{Outcome::Refused, control::LongText{refusal}});
    }
    return control_->is_waiting(slot)
               ? control::Server::Fate::Keep
               : control_->answer(slot, control::ReloadReply{Outcome::Begun, {}});
}

// One that comes too early is not lost, because the files may have changed since they were read.
void Runtime::on_reload_signal() {
    if (reload_.phase != Phase::None || reload_.loader != base::Pid::None) {
        reload_.is_due_again = true;
        return;
    }
    if (const auto refusal = ask_for_reload(); !refusal.empty()) {
        log_.warn("HUP: nothing was reloaded: {}", refusal);
    }
}

bool Runtime::on_loader_death(const sys::Exited& child) {
    if (reload_.loader == base::Pid::None || child.pid != reload_.loader) {
        return false;
    }
    reload_.loader = base::Pid::None;
    const auto image = std::exchange(reload_.image, {});
    if (reload_.phase != Phase::Reading) {
        return true;  // given up
    }
    const auto text = sys::read_memory_file(image.get());
    if (child.status == core::ExitStatus::exited(base::kExitConfig)) {
        end_reload(Outcome::Refused, text);
        return true;
    }
    auto spec =
        child.status == core::ExitStatus::exited(0) ? config::from_image(text) : std::nullopt;
    if (!spec) {
        end_reload(Outcome::Refused, "what reads the files " + base::to_string(child.status));
        return true;
    }
    on_loaded(*std::move(spec));
    return true;
}

void Runtime::on_loaded(core::Spec spec) {
    auto next = std::make_unique<Reload::Next>();
    next->plan = plan_reload(spec_, spec);
    next->spec = std::move(spec);
    if (next->spec.control != spec_.control) {
        log_.warn("'control' of pidone.toml counts from the next start on");
        next->spec.control = spec_.control;
    }
    if (next->plan.is_empty()) {
        end_reload(Outcome::Unchanged, next->plan.summary());
        return;
    }
    if (const auto prepared = prepare(*next); !prepared) {
        const auto& [service, text] = prepared.error();
        next->listeners.remove();
        end_reload(Outcome::Refused, service.empty() ? text : service + ": " + text);
        return;
    }
    reload_.next = std::move(next);
    reload_.phase = Phase::Stopping;
    for (const auto id : reload_.next->plan.replaced) {
        queue_.push({.kind = core::Event::Kind::ReplaceAsked, .service = id});
    }
    pump();
}

// All that could fail.
Prepared Runtime::prepare(Reload::Next& next) {
    // Until the old ones are closed there are both.
    const auto needed = descriptors_for(next.spec);
    if (sys::raise_nofile(needed + descriptors_for(spec_)) < needed) {
        return base::unexpected{
            Obstacle{"", std::to_string(needed) + " descriptors are more than the hard limit"}};
    }
    for (std::size_t i = 0; i < next.spec.services.size(); ++i) {
        const auto was = next.plan.from[i].was;
        const bool has_one = was != core::kNoService && process(was).notify.fd;
        if (has_one || !has_notify_socket(next.spec.services[i])) {
            continue;
        }
        auto socket = sys::open_notify_socket();
        if (!socket) {
            return obstacle(next.spec.services[i].name, socket.error());
        }
        next.notify.emplace_back(core::ServiceId(i), std::move(*socket));
    }
    if (const auto opened = next.log_pump.open(next.spec, next.plan.from, &log_pump_); !opened) {
        return obstacle("", opened.error());
    }
    auto loaded = next.scheduler.load(next.spec);
    return loaded ? next.listeners.open(next.spec, listeners_) : std::move(loaded);
}

// Between two turns: whatever the loop has in its hands still has the ids of before.
void Runtime::advance_reload() {
    if (supervisor_.is_stopping()) {
        give_up_reload();
        return;
    }
    if (reload_.phase == Phase::Stopping &&
        std::ranges::none_of(reload_.next->plan.replaced, [this](core::ServiceId id) {
            return core::is_live(supervisor_.service(id).state);
        })) {
        take_over();
        say_reloaded(reload_.next->plan);
        end_reload(Outcome::Done, reload_.next->plan.summary());
    }
    if (reload_.is_due_again && reload_.phase == Phase::None && reload_.loader == base::Pid::None) {
        reload_.is_due_again = false;
        on_reload_signal();
    }
}

// A stop goes first.
void Runtime::give_up_reload() {
    reload_.is_due_again = false;
    if (reload_.phase == Phase::None) {
        return;
    }
    if (reload_.loader != base::Pid::None) {
        static_cast<void>(sys::kill(reload_.loader, base::kSigKill));
    }
    if (reload_.next) {
        reload_.next->listeners.remove();
    }
    end_reload(Outcome::Refused, "the container stops");
}

void Runtime::say_reloaded(const ReloadPlan& plan) {
    logging::Fields fields;
    fields.text("event", "reloaded")
        .text("changed", plan.changed)
        .text("new", plan.added)
        .text("gone", plan.gone)
        .text("settings", plan.settings)
        .number("unchanged", static_cast<std::int64_t>(plan.unchanged));
    const logging::Attachment attachment{log_, fields};
    log_.info("reloaded: {}", plan.summary());
}

void Runtime::end_reload(Outcome outcome, std::string_view text) {
    if (outcome != Outcome::Done) {
        const bool is_refused = outcome == Outcome::Refused;
        logging::Fields fields;
        fields.text("event", is_refused ? "reload_refused" : "reload_unchanged");
        const logging::Attachment attachment{log_, fields};
        if (is_refused) {
            log_.error("nothing was reloaded: {}", first_line(text));
        } else {
            log_.info("nothing to reload: {}", text);
        }
    }
    if (control_) {
        control_->tell_reload({outcome, control::LongText{text}});
    }
    reload_.phase = Phase::None;
    reload_.next.reset();
}

}  // namespace runtime
