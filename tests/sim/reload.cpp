// SPDX-License-Identifier: MIT
#include <algorithm>

#include "world.hpp"

// Other files in the middle of everything: what is the same must not notice.
namespace sim {

namespace {

enum class Fate { Same, Changed, Gone };

/// The edges to services that are still there, by their new ids.
std::vector<ServiceId> moved(const std::vector<ServiceId>& edges,
                             const std::vector<ServiceId>& next) {
    std::vector<ServiceId> result;
    for (const ServiceId id : edges) {
        if (next[core::index(id)] != core::kNoService) {
            result.push_back(next[core::index(id)]);
        }
    }
    return result;
}

}  // namespace

Reload make_reload(Random& random, const Scenario& scenario) {
    const auto& before = scenario.spec.services;
    const Mood mood{random.percent(70), random.between(0, 40)};
    Reload reload;
    reload.spec = scenario.spec;
    reload.spec.services.clear();
    std::vector<Fate> fates(before.size(), Fate::Same);
    std::vector<ServiceId> order;
    for (std::size_t i = 0; i < before.size(); ++i) {
        fates[i] = random.percent(15)   ? Fate::Gone
                   : random.percent(25) ? Fate::Changed
                                        : Fate::Same;
        if (fates[i] != Fate::Gone) {
            order.insert(order.begin() + random.between(0, static_cast<int>(order.size())),
                         static_cast<ServiceId>(i));
        }
    }
    std::vector<ServiceId> next(before.size(), core::kNoService);
    for (std::size_t i = 0; i < order.size(); ++i) {
        next[core::index(order[i])] = static_cast<ServiceId>(i);
    }
    for (const ServiceId was : order) {
        core::ServiceSpec service = before[core::index(was)];
        service.requires_ = moved(service.requires_, next);
        service.after = moved(service.after, next);
        const bool has_lost =
            service.requires_.size() + service.after.size() !=
            before[core::index(was)].requires_.size() + before[core::index(was)].after.size();
        const bool is_same = fates[core::index(was)] == Fate::Same && !has_lost;
        if (!is_same) {
            fates[core::index(was)] = Fate::Changed;
            service.is_enabled = !random.percent(5);
            service.requires_.resize(random.percent(50) ? service.requires_.size() : 0);
            service.stop_timeout = random.time(0, 3000);
        }
        reload.behaviours.push_back(is_same ? scenario.behaviours[core::index(was)]
                                            : any_runs(random, mood, service));
        reload.spec.services.push_back(service);
        reload.from.push_back({.was = was, .is_same = is_same});
    }
    for (int count = random.between(order.empty() ? 1 : 0, 2); count > 0; --count) {
        auto service = any_service(random, mood, 100 + reload.spec.services.size());
        draw_supervision(random, service);
        for (std::size_t i = 0; i < order.size(); ++i) {
            if (random.percent(30) &&
                reload.spec.services[i].schedule.kind == core::Schedule::Kind::None) {
                (random.percent(70) ? service.requires_ : service.after)
                    .push_back(static_cast<ServiceId>(i));
            }
        }
        reload.behaviours.push_back(any_runs(random, mood, service));
        reload.spec.services.push_back(service);
        reload.from.emplace_back();
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (fates[i] != Fate::Same) {
            reload.replaced.push_back(static_cast<ServiceId>(i));
        }
    }
    return reload;
}

void World::begin_reload() {
    if (reload_ || stop_began_) {
        return;
    }
    reload_ = make_reload(random_, scenario_);
    for (const ServiceId id : reload_->replaced) {
        tell({.kind = core::Event::Kind::ReplaceAsked, .service = id});
    }
}

/// As soon as nothing lives of what is replaced; a stop goes first.
void World::advance_reload() {
    if (stop_began_ || exit_code_) {
        reload_.reset();
    }
    if (!reload_ ||
        std::any_of(reload_->replaced.begin(), reload_->replaced.end(), [this](ServiceId id) {
            return core::is_live(supervisor_.service(id).state);
        })) {
        return;
    }
    std::vector<core::Service> before;
    for (std::size_t i = 0; i < known_.size(); ++i) {
        before.push_back(supervisor_.service(static_cast<ServiceId>(i)));
    }
    const Reload next = *std::move(reload_);
    reload_.reset();
    has_reloaded_ = true;
    renumber(next);
    scenario_.spec = next.spec;
    scenario_.behaviours = next.behaviours;
    supervisor_.adopt(next.from, now_);
    for (std::size_t i = 0; i < next.from.size(); ++i) {
        if (next.from[i].is_same) {
            check_kept(static_cast<ServiceId>(i), before[core::index(next.from[i].was)]);
        }
    }
    tell({.kind = core::Event::Kind::Tick});
}

/// Everything that names services names the next ones.
void World::renumber(const Reload& next) {
    std::vector<ServiceId> now(known_.size(), core::kNoService);
    std::vector<bool> is_same(known_.size());
    std::vector<Known> known(next.from.size());
    for (std::size_t i = 0; i < next.from.size(); ++i) {
        const ServiceId was = next.from[i].was;
        if (was == core::kNoService) {
            continue;
        }
        const Known& old = known_[core::index(was)];
        now[core::index(was)] = static_cast<ServiceId>(i);
        is_same[core::index(was)] = next.from[i].is_same;
        if (next.from[i].is_same) {
            known[i] = old;
        } else {
            known[i].main = old.main;
            // A file that says enabled = false, and later no more, is a wish as well.
            known[i].lasting.is_hand_stopped =
                old.lasting.is_hand_stopped && next.spec.services[i].is_enabled;
        }
    }
    known_ = std::move(known);
    for (Process& process : processes_) {
        if (process.service != core::kNoService) {
            process.service = now[core::index(process.service)];
        }
    }
    std::priority_queue<Happening> happenings;
    for (; !happenings_.empty(); happenings_.pop()) {
        Happening happening = happenings_.top();
        const ServiceId was = happening.event.service;
        if (was != core::kNoService) {
            const bool is_of_run =
                happening.run >= 0 || happening.kind == Happening::Kind::SetUpEnds;
            happening.event.service = now[core::index(was)];
            if (happening.event.service == core::kNoService ||
                (is_of_run && !is_same[core::index(was)])) {
                continue;
            }
        }
        happenings.push(happening);
    }
    happenings_ = std::move(happenings);
}

/// A reload leaves alone what is the same, but for one that had failed for another.
void World::check_kept(ServiceId id, const core::Service& before) {
    const core::Service& after = supervisor_.service(id);
    const bool is_revived =
        before.state == core::State::Failed &&
        (after.state == core::State::Waiting || after.state == core::State::Stopped);
    if (after.pid != before.pid || (after.state != before.state && !is_revived)) {
        violate("what is the same keeps its process and its state", spec(id).name);
    }
}

}  // namespace sim
