// SPDX-License-Identifier: MIT
#include <algorithm>

#include "config/draft.hpp"

namespace config {
namespace {

/// Whether `name` means this service, by itself or together with other instances.
bool is_meant(const core::ServiceSpec& spec, std::string_view name) {
    return spec.name == name || (!spec.template_name.empty() && spec.template_name == name);
}

enum class EdgeKind { Requires, After };

/// Whether `target` may be waited for; complains if not.
bool is_sound(Reader& reader, const core::ServiceSpec& target, const core::ServiceSpec& from,
              const NameRef& reference, EdgeKind kind) {
    const std::string key = kind == EdgeKind::Requires ? "'requires'" : "'after'";
    if (&target == &from || from.template_name == reference.name) {
        reader.error(reference.pos, key + " names the service itself");
        return false;
    }
    if (target.schedule.kind != core::Schedule::Kind::None) {
        reader.error(reference.pos,
                     key + " names " + quoted(reference.name) + ", which runs on a schedule",
                     "nothing waits for the runs of a schedule");
        return false;
    }
    if (!target.is_enabled) {
        if (kind == EdgeKind::Requires && from.is_enabled) {
            reader.error(reference.pos,
                         "'requires' names " + quoted(reference.name) + ", which is not enabled",
                         "'after' may name one that is not enabled");
        }
        return false;
    }
    return true;
}

void complain_unknown(Reader& reader, std::span<const ServiceDraft> drafts,
                      const NameRef& reference, EdgeKind kind) {
    std::vector<std::string_view> names;
    for (const auto& draft : drafts) {
        names.push_back(draft.spec.name);
        names.push_back(draft.spec.template_name);
    }
    reader.error(reference.pos,
                 std::string{kind == EdgeKind::Requires ? "'requires'" : "'after'"} +
                     " names an unknown service " + quoted(reference.name),
                 did_you_mean(reference.name, names));
}

void resolve_all(Reader& reader, std::span<ServiceDraft> drafts, ServiceDraft& draft,
                 EdgeKind kind) {
    auto& references = kind == EdgeKind::Requires ? draft.requires_ : draft.after;
    auto& ids = kind == EdgeKind::Requires ? draft.spec.requires_ : draft.spec.after;
    for (const auto& reference : references) {
        bool is_known = false;
        for (std::size_t i = 0; i < drafts.size(); ++i) {
            const core::ServiceId id{static_cast<std::uint16_t>(i)};
            if (!is_meant(drafts[i].spec, reference.name)) {
                continue;
            }
            is_known = true;
            if (is_sound(reader, drafts[i].spec, draft.spec, reference, kind) &&
                std::find(ids.begin(), ids.end(), id) == ids.end()) {
                ids.push_back(id);
            }
        }
        if (!is_known) {
            complain_unknown(reader, drafts, reference, kind);
        }
    }
}

/// Depth-first search that reports each cycle once, from the first service found on it.
class CycleSearch {
  public:
    CycleSearch(Reader& reader, std::span<const ServiceDraft> drafts)
        : reader_{reader}, drafts_{drafts}, marks_(drafts.size(), Mark::New) {}

    void run() {
        for (std::size_t i = 0; i < drafts_.size(); ++i) {
            visit(i);
        }
    }

  private:
    enum class Mark { New, OnPath, Done };

    void visit(std::size_t at) {
        if (marks_[at] == Mark::Done || !drafts_[at].spec.is_enabled) {
            return;
        }
        if (marks_[at] == Mark::OnPath) {
            report(at);
            return;
        }
        marks_[at] = Mark::OnPath;
        path_.push_back(at);
        for (const auto id : drafts_[at].spec.requires_) {
            visit(core::index(id));
        }
        for (const auto id : drafts_[at].spec.after) {
            visit(core::index(id));
        }
        path_.pop_back();
        marks_[at] = Mark::Done;
    }

    void report(std::size_t start) {
        const auto first = std::find(path_.begin(), path_.end(), start);
        std::string text;
        for (auto at = first; at != path_.end(); ++at) {
            text += drafts_[*at].spec.name + " -> ";
        }
        const auto next = first + 1 == path_.end() ? start : *(first + 1);
        reader_.error(edge(start, next), "dependency cycle: " + text + drafts_[start].spec.name);
    }

    [[nodiscard]] SourcePos edge(std::size_t from, std::size_t to) const {
        for (const auto* references : {&drafts_[from].requires_, &drafts_[from].after}) {
            for (const auto& reference : *references) {
                if (is_meant(drafts_[to].spec, reference.name)) {
                    return reference.pos;
                }
            }
        }
        return {};
    }

    Reader& reader_;
    std::span<const ServiceDraft> drafts_;
    std::vector<Mark> marks_;
    std::vector<std::size_t> path_;
};

}  // namespace

void check_graph(Reader& reader, std::span<ServiceDraft> drafts) {
    for (auto& draft : drafts) {
        resolve_all(reader, drafts, draft, EdgeKind::Requires);
        resolve_all(reader, drafts, draft, EdgeKind::After);
    }
    CycleSearch{reader, drafts}.run();
}

}  // namespace config
