// SPDX-License-Identifier: MIT
#include "log/log.hpp"

#include <algorithm>
#include <array>

#include "log/line_buffer.hpp"
#include "log/time_text.hpp"
#include "sys/clock.hpp"
#include "sys/error_text.hpp"

namespace logging {
namespace {

std::string_view severity_name(Severity severity) noexcept {
    switch (severity) {
    case Severity::Error:
        return "error";
    case Severity::Warn:
        return "warn";
    case Severity::Info:
        return "info";
    case Severity::Debug:
        return "debug";
    }
    return "";
}

void compose_text(LineBuffer& line, std::string_view name, Severity severity,
                  std::string_view service, std::string_view message) noexcept {
    line.append(name);
    line.append(": ");
    if (!service.empty()) {
        line.append_escaped(service);
        line.append(": ");
    }
    if (severity == Severity::Error || severity == Severity::Warn) {
        line.append(severity_name(severity));
        line.append(": ");
    }
    line.append_escaped(message);
    line.finish("\n");
}

void compose_json(LineBuffer& line, Severity severity, std::string_view service,
                  std::string_view fields, std::string_view message) noexcept {
    line.append("{\"time\":\"");
    line.append(TimeText{sys::wall_clock()}.view());
    line.append("\",\"level\":\"");
    line.append(severity_name(severity));
    line.append("\",\"service\":\"");
    line.append_json(service);
    line.append("\",");
    line.append(fields);
    line.append("\"message\":\"");
    line.append_json(message);
    line.finish("\"}\n");
}

}  // namespace

bool Logger::says(Severity severity) const noexcept {
    switch (level_) {
    case Level::Quiet:
        return severity == Severity::Error;
    case Level::Normal:
        return severity != Severity::Debug;
    case Level::Debug:
        return true;
    }
    return true;
}

void Logger::line(Severity severity, std::string_view service, fmt::string_view text,
                  fmt::format_args args) noexcept {
    if (!says(severity)) {
        return;
    }
    std::array<char, kMaxLine> buffer;
    const auto message = vformat_into(buffer, text, args);
    report_dropped();
    LineBuffer line;
    if (format_ == Format::Json) {
        compose_json(line, severity, service, attached_, message);
    } else {
        compose_text(line, name_, severity, service, message);
    }
    sink_.write(line.view());
}

void Logger::report_dropped() noexcept {
    const auto count = sink_.dropped();
    if (count == 0) {
        return;
    }
    std::array<char, 64> buffer{};
    const auto message = vformat_into(
        buffer, count == 1 ? "{} line of its own was dropped" : "{} lines of its own were dropped",
        fmt::make_format_args(count));
    LineBuffer line;
    if (format_ == Format::Json) {
        compose_json(line, Severity::Warn, {}, {}, message);
    } else {
        compose_text(line, name_, Severity::Info, {}, message);
    }
    if (sink_.try_write(line.view())) {
        sink_.reset_dropped();
    }
}

const char* error_text(int code) noexcept {
    return sys::error_text(code);
}

}  // namespace logging
