// SPDX-License-Identifier: MIT
#include "config/spec_image.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace config {
namespace {

template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, base::Duration>;

// Writes values one behind the other, or reads them again: one class, so that each member is named
// once and its code is there once.
class Archive {
  public:
    Archive() = default;
    explicit Archive(std::string_view image) : reads_{true}, left_{image} {}

    template <class... T>
    void operator()(T&... values) {
        (pass(values), ...);
    }
    /// Writes from now on the name of a service instead of its id.
    void name_services_of(const core::Spec& spec) { named_ = &spec; }
    [[nodiscard]] std::string take() { return std::move(out_); }
    /// All that was read was there, and nothing is left over.
    [[nodiscard]] bool is_good() const { return is_good_ && left_.empty(); }

  private:
    template <class T>
    void pass(T& value) {
        if constexpr (Scalar<T>) {
            bytes(&value, sizeof value);
        } else {
            members(*this, value);
        }
    }
    // A byte that is neither 0 nor 1 would be no bool.
    void pass(bool& value) {
        std::uint8_t byte = value ? 1 : 0;
        bytes(&byte, sizeof byte);
        is_good_ = is_good_ && byte <= 1;
        value = byte == 1;
    }
    void pass(core::ServiceId& id) {
        if (named_ == nullptr) {
            bytes(&id, sizeof id);
        } else {
            auto name = named_->services[core::index(id)].name;
            pass(name);
        }
    }
    void pass(std::string& value) {
        value.resize(count(value.size()));
        bytes(value.data(), value.size());
    }
    template <class T>
    void pass(std::vector<T>& values) {
        const auto size = count(values.size());
        // One by one, so that a count that lies costs the memory of what there is.
        for (std::size_t i = 0; i < size && is_good_; ++i) {
            if (i == values.size()) {
                values.push_back(T{});  // as the loader does: resize() would be a second such code
            }
            pass(values[i]);
        }
    }
    template <class T>
    void pass(std::optional<T>& value) {
        bool has_value = value.has_value();
        pass(has_value);
        if (reads_ && has_value) {
            value.emplace();
        }
        if (value) {
            pass(*value);
        }
    }
    template <class First, class Second>
    void pass(std::pair<First, Second>& value) {
        (*this)(value.first, value.second);
    }
    // Each item takes a byte at least, so a count beyond what is left is none of ours.
    std::size_t count(std::size_t size) {
        pass(size);
        if (reads_ && size > left_.size()) {
            is_good_ = false;
            return 0;
        }
        return size;
    }
    void bytes(void* data, std::size_t size) {
        if (!reads_) {
            out_.append(static_cast<const char*>(data), size);
        } else if (size <= left_.size()) {
            left_.copy(static_cast<char*>(data), size);
            left_.remove_prefix(size);
        } else {
            is_good_ = false;
            left_ = {};
        }
    }

    bool reads_ = false;
    bool is_good_ = true;
    std::string out_;
    std::string_view left_;
    const core::Spec* named_ = nullptr;
};

// The members of each struct in order. A structured binding has to name all of them, so a member
// that is added to the Spec and forgotten here does not compile.
void members(Archive& archive, base::Endpoint& value) {
    auto& [kind, host, port, path] = value;
    archive(kind, host, port, path);
}
void members(Archive& archive, core::Readiness& value) {
    auto& [kind, descriptor, endpoint, command, timeout] = value;
    archive(kind, descriptor, endpoint, command, timeout);
}
void members(Archive& archive, core::BeforeStop& value) {
    auto& [delay, command] = value;
    archive(delay, command);
}
void members(Archive& archive, core::RestartPolicy& value) {
    auto& [when, delay, max_delay, jitter, window, max_attempts, give_up] = value;
    archive(when, delay, max_delay, jitter, window, max_attempts, give_up);
}
void members(Archive& archive, core::HealthCheck& value) {
    auto& [kind, endpoint, command, interval, timeout, retries, start_period, action] = value;
    archive(kind, endpoint, command, interval, timeout, retries, start_period, action);
}
void members(Archive& archive, core::ListenSocket& value) {
    auto& [endpoint, name, mode, owner] = value;
    archive(endpoint, name, mode, owner);
}
void members(Archive& archive, core::Cron& value) {
    auto& [minutes, hours, days, months, weekdays, any_day, any_weekday] = value;
    archive(minutes, hours, days, months, weekdays, any_day, any_weekday);
}
void members(Archive& archive, core::Schedule& value) {
    auto& [kind, every, cron, timezone, text] = value;
    archive(kind, every, cron, timezone, text);
}
void members(Archive& archive, core::LogSettings& value) {
    auto& [mode, has_timestamps, overflow, keep, file, rotate_size, rotate_keep] = value;
    archive(mode, has_timestamps, overflow, keep, file, rotate_size, rotate_keep);
}
void members(Archive& archive, core::EnvironmentFile& value) {
    auto& [path, is_optional] = value;
    archive(path, is_optional);
}
void members(Archive& archive, core::Directory& value) {
    auto& [path, mode, owner] = value;
    archive(path, mode, owner);
}
void members(Archive& archive, core::Template& value) {
    auto& [source, target, mode, owner] = value;
    archive(source, target, mode, owner);
}
void members(Archive& archive, core::SetupStep& value) {
    auto& [name, command, stdin_path, creates, once] = value;
    archive(name, command, stdin_path, creates, once);
}
void members(Archive& archive, core::WaitFor& value) {
    auto& [endpoint, timeout, interval] = value;
    archive(endpoint, timeout, interval);
}
void members(Archive& archive, core::Limit& value) {
    auto& [key, resource, soft, hard] = value;
    archive(key, resource, soft, hard);
}
void members(Archive& archive, core::Security& value) {
    auto& [no_new_privileges, capabilities, oom_score_adj, nice] = value;
    archive(no_new_privileges, capabilities, oom_score_adj, nice);
}
void members(Archive& archive, core::SignalRoute& value) {
    auto& [from, to] = value;
    archive(from, to);
}
void members(Archive& archive, core::ChildSpec& value) {
    auto& [user, directory, umask, clears, environment, files, secrets, from_env, directories,
           templates, wait_for, setup, limits, security] = value;
    archive(user, directory, umask, clears, environment, files, secrets, from_env, directories,
            templates, wait_for, setup, limits, security);
}
void members(Archive& archive, core::ServiceSpec& value) {
    auto& [name, description, type, command, requires_, after, ready, notify_access, is_essential,
           is_enabled, success_codes, unexpected_exit_code, stop_signal, stop_timeout, kill_mode,
           before_stop, signals, reload_signal, restart, health, watchdog, listen, schedule, log,
           template_name, child] = value;
    archive(name, description, type, command, requires_, after, ready, notify_access, is_essential,
            is_enabled, success_codes, unexpected_exit_code, stop_signal, stop_timeout, kill_mode,
            before_stop, signals, reload_signal, restart, health, watchdog, listen, schedule, log,
            template_name, child);
}
// Only service mode is read again, so what command mode needs stays behind.
void members(Archive& archive, core::Spec& value) {
    auto& [mode, services, shutdown_timeout, linger, log_format, control, reloads_on_hup, command] =
        value;
    archive(mode, services, shutdown_timeout, linger, log_format, control, reloads_on_hup);
    static_cast<void>(command);
}

bool has_valid_ids(const core::Spec& spec) {
    const auto is_valid = [&](core::ServiceId id) {
        return core::index(id) < spec.services.size();
    };
    return std::ranges::all_of(spec.services, [&](const core::ServiceSpec& service) {
        return std::ranges::all_of(service.requires_, is_valid) &&
               std::ranges::all_of(service.after, is_valid);
    });
}

// Higher by one whenever the layout changes.
constexpr std::uint64_t kVersion = 1;

}  // namespace

// The archive writes what it is given and changes nothing of it.
std::string to_image(const core::Spec& spec) {
    Archive archive;
    auto version = kVersion;
    archive(version, const_cast<core::Spec&>(spec));
    return archive.take();
}

std::string to_image(const core::ServiceSpec& service, const core::Spec& spec) {
    Archive archive;
    archive.name_services_of(spec);
    archive(const_cast<core::ServiceSpec&>(service));
    return archive.take();
}

std::optional<core::Spec> from_image(std::string_view image) {
    std::optional<core::Spec> spec{std::in_place};
    std::uint64_t version = 0;
    Archive archive{image};
    archive(version, *spec);
    if (!archive.is_good() || version != kVersion || !has_valid_ids(*spec)) {
        spec.reset();
    }
    return spec;
}

}  // namespace config
