// SPDX-License-Identifier: MIT
#include <algorithm>

#include "config/draft.hpp"

namespace config {
namespace {

/// The index of the draft with that name, or -1.
int find_draft(std::span<const ServiceDraft> drafts, std::string_view name) {
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        if (drafts[i].spec.name == name) {
            return static_cast<int>(i);
        }
    }
    return -1;
}

enum class EdgeKind { Requires, After };

/// The target of one reference, or -1 after a complaint (or when there is nothing to wait for).
int resolve(Reader& reader, std::span<const ServiceDraft> drafts, const ServiceDraft& from,
            const NameRef& reference, EdgeKind kind) {
    const std::string key = kind == EdgeKind::Requires ? "'requires'" : "'after'";
    const int found = find_draft(drafts, reference.name);
    if (found < 0) {
        std::vector<std::string_view> names;
        for (const auto& draft : drafts) {
            names.push_back(draft.spec.name);
        }
        reader.error(reference.pos, key + " names an unknown service " + quoted(reference.name),
                     did_you_mean(reference.name, names));
        return -1;
    }
    const auto& target = drafts[static_cast<std::size_t>(found)];
    if (&target == &from) {
        reader.error(reference.pos, key + " names the service itself");
        return -1;
    }
    if (!target.spec.is_enabled) {
        if (kind == EdgeKind::Requires && from.spec.is_enabled) {
            reader.error(reference.pos,
                         "'requires' names " + quoted(reference.name) + ", which is not enabled",
                         "'after' is for a service that may be absent");
        }
        return -1;
    }
    return found;
}

void resolve_all(Reader& reader, std::span<ServiceDraft> drafts, ServiceDraft& draft,
                 EdgeKind kind) {
    auto& references = kind == EdgeKind::Requires ? draft.requires_ : draft.after;
    auto& ids = kind == EdgeKind::Requires ? draft.spec.requires_ : draft.spec.after;
    for (const auto& reference : references) {
        const int target = resolve(reader, drafts, draft, reference, kind);
        const core::ServiceId id{static_cast<std::uint16_t>(std::max(target, 0))};
        if (target >= 0 && std::find(ids.begin(), ids.end(), id) == ids.end()) {
            ids.push_back(id);
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
                if (reference.name == drafts_[to].spec.name) {
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
