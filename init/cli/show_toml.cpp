// SPDX-License-Identifier: MIT
#include "cli/show_toml.hpp"

#include <array>
#include <limits>

#include "base/size.hpp"
#include "config/render.hpp"

namespace cli {
namespace {

/// A basic string (TOML 1.0, whose escapes are those of JSON). A "${" is written so that reading it
/// back expands nothing.
std::string text(std::string_view value) {
    auto out = config::escape_json(value);
    for (auto at = out.find("${"); at != std::string::npos; at = out.find("${", at + 3)) {
        out.insert(at, 1, '$');
    }
    return '"' + out + '"';
}

/// In the command of a staged step ${STAGING} is a name and no text.
std::string staged(const std::string& word, bool is_staged) {
    constexpr std::string_view kLiteral = "$${STAGING}";
    auto out = text(word);
    for (auto at = out.find(kLiteral); is_staged && at != std::string::npos;
         at = out.find(kLiteral, at)) {
        out.erase(at, 1);
        at += kLiteral.size() - 1;
    }
    return out;
}

std::string list(const std::vector<std::string>& words, bool is_staged = false) {
    std::string out = "[";
    for (const auto& word : words) {
        out += (out.size() > 1 ? ", " : "") + staged(word, is_staged);
    }
    return out + "]";
}

std::string table(const core::Variables& variables) {
    std::string out = "{";
    for (const auto& [name, value] : variables) {
        out += (out.size() > 1 ? ", " : " ") + name + " = " + text(value);
    }
    return out + (out.size() > 1 ? " }" : "}");
}

std::string octal(unsigned mode) {
    std::string digits;
    for (int i = 0; i < 4; ++i) {
        digits.insert(0, 1, static_cast<char>('0' + (mode >> (3 * i) & 7)));
    }
    return "\"" + digits + "\"";
}

/// Exact, unlike the wording for people, which has two units at most.
std::string duration(core::Duration value) {
    const auto count = value.count();
    return "\"" + (count % 1000 == 0 ? std::to_string(count / 1000) + "s\""
                                     : std::to_string(count) + "ms\"");
}

std::string signal_name(core::Signal signal) {
    if (signal == core::Signal{}) {
        return "\"\"";
    }
    const std::string name = base::to_string(signal);
    return "\"" + (name.starts_with("SIG") ? name.substr(3) : std::to_string(raw(signal))) + "\"";
}

std::string flag(bool value) {
    return value ? "true" : "false";
}

/// Collects "key = value" lines.
class Lines {
  public:
    void add(std::string_view key, const std::string& value) {
        out_ += std::string{key} + " = " + value + "\n";
    }
    void add_text(std::string_view key, const std::string& value) {
        if (!value.empty()) {
            add(key, text(value));
        }
    }
    void add_list(std::string_view key, const std::vector<std::string>& words) {
        if (!words.empty()) {
            add(key, list(words));
        }
    }
    void add_table(std::string_view key, const core::Variables& variables) {
        if (!variables.empty()) {
            add(key, table(variables));
        }
    }
    void add_duration(std::string_view key, const std::optional<core::Duration>& value) {
        if (value) {
            add(key, duration(*value));
        }
    }
    void header(std::string_view name) { out_ += "\n" + std::string{name} + "\n"; }
    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    std::string out_;
};

std::vector<std::string> names(const core::Spec& spec, const std::vector<core::ServiceId>& ids) {
    std::vector<std::string> out;
    out.reserve(ids.size());
    for (const auto id : ids) {
        out.push_back(spec.services[core::index(id)].name);
    }
    return out;
}

std::string readiness(const core::Readiness& ready) {
    switch (ready.kind) {
    case core::Readiness::Kind::Exec:
        return "";
    case core::Readiness::Kind::Notify:
        return "\"notify\"";
    case core::Readiness::Kind::Descriptor:
        return "\"fd:" + std::to_string(ready.descriptor) + "\"";
    case core::Readiness::Kind::Probe:
        return text(base::to_string(ready.endpoint));
    case core::Readiness::Kind::Command:
        return "{ exec = " + list(ready.command) + " }";
    }
    return "";
}

std::string wait_for(const std::vector<core::WaitFor>& all) {
    std::string out = "[";
    for (const auto& one : all) {
        out += out.size() > 1 ? ", " : "";
        out += "{ url = " + text(base::to_string(one.endpoint));
        out += one.timeout ? ", timeout = " + duration(*one.timeout) : "";
        out += ", interval = " + duration(one.interval) + " }";
    }
    return out + "]";
}

std::string directories(const std::vector<core::Directory>& all) {
    std::string out = "[";
    for (const auto& one : all) {
        out += out.size() > 1 ? ", " : "";
        out += "{ path = " + text(one.path) + ", mode = " + octal(one.mode);
        out += one.owner.empty() ? " }" : ", owner = " + text(one.owner) + " }";
    }
    return out + "]";
}

std::string numbers(const std::vector<int>& all) {
    std::string out = "[";
    for (const int one : all) {
        out += (out.size() > 1 ? ", " : "") + std::to_string(one);
    }
    return out + "]";
}

std::string amount(std::uint64_t value) {
    return value == std::numeric_limits<std::uint64_t>::max() ? "\"max\"" : std::to_string(value);
}

void add_child(Lines& lines, const core::ChildSpec& child) {
    lines.add_text("user", child.user);
    lines.add_text("working-directory", child.working_directory);
    if (child.umask) {
        lines.add("umask", octal(*child.umask));
    }
    lines.add_table("environment", child.environment);
    lines.add("clear-environment", flag(child.clear_environment));
    std::vector<std::string> files;
    for (const auto& file : child.environment_files) {
        files.push_back((file.is_optional ? "-" : "") + file.path);
    }
    lines.add_list("environment-file", files);
    lines.add_table("secrets", child.secrets);
    lines.add_list("secrets-from-env", child.secrets_from_env);
    if (!child.directories.empty()) {
        lines.add("directories", directories(child.directories));
    }
    if (!child.wait_for.empty()) {
        lines.add("wait-for", wait_for(child.wait_for));
    }
}

void add_stop(Lines& lines, const core::ServiceSpec& service) {
    lines.add("stop-signal", signal_name(service.stop_signal));
    lines.add_duration("stop-timeout", service.stop_timeout);
    lines.add("kill-mode", service.kill_mode == core::KillMode::Mixed ? "\"mixed\"" : "\"group\"");
    if (service.before_stop.delay.count() != 0 || !service.before_stop.command.empty()) {
        lines.add("before-stop", "{ delay = " + duration(service.before_stop.delay) +
                                     ", command = " + list(service.before_stop.command) + " }");
    }
    std::string routes;
    for (const auto& route : service.signals) {
        const auto from = signal_name(route.from);
        routes += (routes.empty() ? "{ " : ", ") + from + " = " + signal_name(route.to);
    }
    if (!routes.empty()) {
        lines.add("signals", routes + " }");
    }
}

std::string sockets(const std::vector<core::ListenSocket>& all) {
    std::string out = "[";
    for (const auto& one : all) {
        out += out.size() > 1 ? ", " : "";
        out += "{ url = " + text(base::to_string(one.endpoint)) + ", name = " + text(one.name);
        if (one.endpoint.kind == base::Endpoint::Kind::Unix) {
            out += ", mode = " + octal(one.mode);
            out += one.owner.empty() ? "" : ", owner = " + text(one.owner);
        }
        out += " }";
    }
    return out + "]";
}

void add_supervision(Lines& lines, const core::ServiceSpec& service) {
    constexpr std::array<std::string_view, 3> kWords{"\"no\"", "\"on-failure\"", "\"always\""};
    lines.add("restart", std::string{kWords[static_cast<std::size_t>(service.restart.when)]});
    lines.add_duration("watchdog", service.watchdog);
    if (!service.listen.empty()) {
        lines.add("listen", sockets(service.listen));
    }
    lines.add_text("schedule", service.schedule.text);
    if (service.schedule.kind == core::Schedule::Kind::Cron) {
        lines.add("timezone", text(service.schedule.timezone));
    }
}

/// Without anything that restarts it there is no policy to show.
void add_policy(Lines& lines, const core::ServiceSpec& service) {
    const auto& policy = service.restart;
    if (policy.when == core::Restart::No && !service.watchdog &&
        service.health.action != core::HealthAction::Restart) {
        return;
    }
    lines.header("[restart-policy]");
    lines.add("delay", duration(policy.delay));
    lines.add("max-delay", duration(policy.max_delay));
    auto digits = std::to_string(1000 + policy.jitter_permille);
    while (digits.size() > 2 && digits.back() == '0') {
        digits.pop_back();
    }
    lines.add("jitter",
              std::string{policy.jitter_permille == 1000 ? "1." : "0."} + digits.substr(1));
    lines.add("window", duration(policy.window));
    lines.add("max-attempts", std::to_string(policy.max_attempts));
    lines.add("give-up", policy.give_up == core::GiveUp::Exit ? "\"exit\"" : "\"stop\"");
}

void add_health(Lines& lines, const core::HealthCheck& health) {
    if (health.kind == core::HealthCheck::Kind::None) {
        return;
    }
    constexpr std::array<std::string_view, 3> kActions{"\"none\"", "\"restart\"", "\"exit\""};
    lines.header("[health]");
    lines.add("probe", health.kind == core::HealthCheck::Kind::Command
                           ? "{ exec = " + list(health.command) + " }"
                           : text(base::to_string(health.endpoint)));
    lines.add("interval", duration(health.interval));
    lines.add("timeout", duration(health.timeout));
    lines.add("retries", std::to_string(health.retries));
    lines.add("start-period", duration(health.start_period));
    lines.add("action", std::string{kActions[static_cast<std::size_t>(health.action)]});
}

void add_log(Lines& lines, const core::LogSettings& log) {
    if (log.mode == core::LogMode::Inherit) {
        return;
    }
    const bool is_json = log.mode == core::LogMode::Json;
    lines.header("[log]");
    lines.add("mode", is_json ? "\"json\"" : "\"prefix\"");
    if (!is_json) {
        lines.add("timestamps", flag(log.has_timestamps));
    }
    lines.add("overflow", log.overflow == core::Overflow::Block ? "\"block\"" : "\"drop\"");
    lines.add("keep", text(base::size_text(log.keep)));
    lines.add_text("file", log.file);
    if (log.rotate_size != 0) {
        lines.add("rotate", "{ size = " + text(base::size_text(log.rotate_size)) +
                                ", keep = " + std::to_string(log.rotate_keep) + " }");
    }
}

void add_privileges(Lines& lines, const core::ChildSpec& child) {
    if (!child.limits.empty()) {
        lines.header("[limits]");
    }
    for (const auto& limit : child.limits) {
        lines.add(limit.key,
                  "{ soft = " + amount(limit.soft) + ", hard = " + amount(limit.hard) + " }");
    }
    lines.header("[security]");
    const auto& security = child.security;
    lines.add("no-new-privileges", flag(security.no_new_privileges));
    if (security.capabilities) {
        lines.add("capabilities", list(*security.capabilities));
    }
    if (security.oom_score_adj) {
        lines.add("oom-score-adj", std::to_string(*security.oom_score_adj));
    }
    if (security.nice) {
        lines.add("nice", std::to_string(*security.nice));
    }
}

void add_steps(Lines& lines, const core::ChildSpec& child) {
    for (const auto& file : child.templates) {
        lines.header("[[template]]");
        lines.add("source", text(file.source));
        lines.add("target", text(file.target));
        lines.add("mode", octal(file.mode));
        lines.add_text("owner", file.owner);
    }
    for (const auto& step : child.setup) {
        lines.header("[[setup]]");
        lines.add("name", text(step.name));
        lines.add("command", list(step.command, !step.creates.empty()));
        lines.add_text("stdin", step.stdin_path);
        lines.add_text("creates", step.creates);
        lines.add_text("once", step.once);
    }
}

}  // namespace

std::string service_toml(const core::Spec& spec, const core::ServiceSpec& service) {
    Lines lines;
    lines.add_text("description", service.description);
    lines.add("command", list(service.command));
    const bool is_oneshot = service.type == core::ServiceType::Oneshot;
    lines.add("type", is_oneshot ? "\"oneshot\"" : "\"service\"");
    add_child(lines, service.child);
    lines.add_list("requires", names(spec, service.requires_));
    lines.add_list("after", names(spec, service.after));
    if (service.ready.kind != core::Readiness::Kind::Exec) {
        lines.add("ready", readiness(service.ready));
    }
    lines.add_duration("ready-timeout", service.ready.timeout);
    if (service.ready.kind == core::Readiness::Kind::Notify || service.watchdog) {
        const bool is_main = service.notify_access == core::NotifyAccess::Main;
        lines.add("notify-access", is_main ? "\"main\"" : "\"all\"");
    }
    lines.add("essential", flag(service.is_essential));
    lines.add("success-codes", numbers(service.success_codes));
    lines.add("unexpected-exit-code", std::to_string(service.unexpected_exit_code));
    add_stop(lines, service);
    lines.add("reload-signal", signal_name(service.reload_signal));
    add_supervision(lines, service);
    lines.add("enabled", flag(service.is_enabled));
    add_policy(lines, service);
    add_health(lines, service.health);
    add_log(lines, service.log);
    add_privileges(lines, service.child);
    add_steps(lines, service.child);
    return lines.take();
}

std::string container_toml(const core::Spec& spec) {
    Lines lines;
    lines.add("shutdown-timeout", duration(spec.shutdown_timeout));
    lines.add("linger", duration(spec.linger));
    lines.add("log-format", spec.log_format == core::LogFormat::Json ? "\"json\"" : "\"text\"");
    lines.add("control", text(spec.control));
    lines.add("reload-on-hup", flag(spec.reloads_on_hup));
    return lines.take();
}

}  // namespace cli
