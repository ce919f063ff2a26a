// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/address.hpp"
#include "config/draft.hpp"

namespace config {
namespace {

using core::Endpoint;

/// The URL as it was written; parsed when the whole table is there.
struct ListenDraft {
    core::ListenSocket socket;
    std::optional<std::string> url;
};

void read_name(Reader& reader, const Entry& entry, ListenDraft& draft) {
    const auto name = reader.non_empty(entry);
    if (!name) {
        return;
    }
    const bool is_sound =
        name->size() <= 255 && std::all_of(name->begin(), name->end(), [](char c) {
            return static_cast<unsigned char>(c) >= ' ' && c != 0x7f && c != ':';
        });
    if (!is_sound) {
        reader.error(entry.value.pos, quoted(*name) + " is no name of a socket",
                     "at most 255 bytes, no ':' and no control character");
        return;
    }
    draft.socket.name = *name;
}

constexpr std::array<Handler<ListenDraft>, 4> kListen{{
    {"url", [](Reader& r, const Entry& e, ListenDraft& d) { put(d.url, r.text(e)); }},
    {"name", read_name},
    {"mode", [](Reader& r, const Entry& e, ListenDraft& d) { put(d.socket.mode, r.mode(e)); }},
    {"owner", [](Reader& r, const Entry& e, ListenDraft& d) { put(d.socket.owner, r.user(e)); }},
}};
static_assert(covers(kListen, Scope::Listen));

/// The part of the URL that is its own: "0.0.0.0-80", "/run/x.sock".
std::string default_name(const Endpoint& endpoint) {
    auto name = endpoint.kind == Endpoint::Kind::Unix
                    ? endpoint.path
                    : endpoint.host + ":" + std::to_string(endpoint.port);
    std::replace(name.begin(), name.end(), ':', '-');
    return name;
}

/// Not every URL that can be asked can be listened on.
bool read_url(Reader& reader, const Entry& entry, const Value& item, std::string_view url,
              Endpoint& endpoint) {
    if (url.starts_with("tcp:") || url.starts_with("unix:")) {
        return read_endpoint(reader, entry, item, url, endpoint);
    }
    reader.error(place_of(item, "url"),
                 "'listen' takes tcp://ADDRESS:PORT or unix:///PATH, got " + quoted(url));
    return false;
}

/// Whether pidone can open what the URL names.
void check_endpoint(Reader& reader, const Value& item, const Endpoint& endpoint) {
    const auto pos = place_of(item, "url");
    if (endpoint.kind == Endpoint::Kind::Tcp) {
        if (!base::is_address(endpoint.host)) {
            reader.error(pos, "'listen' needs an address, got the name " + quoted(endpoint.host),
                         "0.0.0.0 stands for all of IPv4, [::] for all of IPv6");
        }
        for (const std::string_view key : {"mode", "owner"}) {
            if (const auto* entry = find_entry(item, key)) {
                reader.error(
                    entry->key_pos,
                    quoted(key) + " goes with a unix socket only, a port has no such thing");
            }
        }
    }
}

/// Whether a host stands for all addresses of its family: "0.0.0.0", "::".
bool is_any(const std::string& host) {
    return host.find_first_not_of("0:.") == std::string::npos;
}

/// Whether the kernel gives only one of two the address.
bool collide(const Endpoint& one, const Endpoint& other) {
    const auto is_v6 = [](const Endpoint& endpoint) {
        return endpoint.host.find(':') != std::string::npos;
    };
    return one == other || (one.kind == Endpoint::Kind::Tcp && other.kind == Endpoint::Kind::Tcp &&
                            one.port == other.port && is_v6(one) == is_v6(other) &&
                            (is_any(one.host) || is_any(other.host)));
}

struct Listener {
    const core::ServiceSpec* service = nullptr;
    const Endpoint* endpoint = nullptr;
};

/// Who has the address of `socket` before it in these services, which it ends.
Listener find_listener(std::span<const ServiceDraft> drafts, const core::ListenSocket& socket) {
    for (const auto& draft : drafts) {
        for (const auto& other : draft.spec.listen) {
            if (&other == &socket) {
                return {};
            }
            if (draft.spec.is_enabled && collide(other.endpoint, socket.endpoint)) {
                return {&draft.spec, &other.endpoint};
            }
        }
    }
    return {};
}

std::string_view hint_for(const core::ServiceSpec& one, const core::ServiceSpec& other) {
    return !one.template_name.empty() && one.template_name == other.template_name
               ? "${INSTANCE} can make it another one in each instance"
               : "";
}

}  // namespace

void read_listen(Reader& reader, const Entry& entry, ServiceDraft& draft) {
    if (entry.value.kind != Value::Kind::Array) {
        reader.wrong_type(entry, Type::Sockets);
        return;
    }
    for (const auto& item : entry.value.items) {
        ListenDraft read;
        if (item.kind == Value::Kind::Table) {
            read_keys(reader, Scope::Listen, item, kListen, read);
            check_complete(reader, item, Scope::Listen);
        } else {
            read.url = reader.text({entry.key, entry.key_pos, item});
        }
        auto& endpoint = read.socket.endpoint;
        if (!read.url || !read_url(reader, entry, item, *read.url, endpoint)) {
            continue;
        }
        check_endpoint(reader, item, endpoint);
        if (read.socket.name.empty()) {
            read.socket.name = default_name(endpoint);
        }
        draft.spec.listen.push_back(std::move(read.socket));
        draft.origin.listen.push_back(place_of(item, "url"));
        draft.origin.listen_owners.push_back(place_of(item, "owner"));
    }
}

void check_addresses(Reader& reader, std::span<const ServiceDraft> drafts) {
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        const auto& listen = drafts[i].spec.listen;
        for (std::size_t j = 0; j < listen.size() && drafts[i].spec.is_enabled; ++j) {
            const auto [other, endpoint] = find_listener(drafts.subspan(0, i + 1), listen[j]);
            if (other == nullptr) {
                continue;
            }
            reader.error(drafts[i].origin.listen[j],
                         quoted(other->name) + " listens on " + quoted(base::to_string(*endpoint)) +
                             " already",
                         *endpoint == listen[j].endpoint ? hint_for(*other, drafts[i].spec)
                                                         : "0.0.0.0 and [::] are all addresses");
        }
    }
}

void check_log_files(Reader& reader, std::span<const ServiceDraft> drafts) {
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        const auto& spec = drafts[i].spec;
        const auto others = drafts.subspan(0, i);
        const auto other = std::ranges::find_if(others, [&](const auto& draft) {
            return draft.spec.is_enabled && draft.spec.log.file == spec.log.file;
        });
        if (spec.is_enabled && !spec.log.file.empty() && other != others.end()) {
            reader.error(drafts[i].origin.log_file,
                         quoted(other->spec.name) + " writes " + quoted(spec.log.file) + " already",
                         hint_for(other->spec, spec));
        }
    }
}

}  // namespace config
