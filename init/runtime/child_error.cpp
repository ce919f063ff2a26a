// SPDX-License-Identifier: MIT
#include "runtime/child_error.hpp"

#include <algorithm>
#include <utility>

#include "sys/child_process.hpp"
#include "sys/spawn.hpp"

namespace runtime {
namespace {

logging::Format line_format = logging::Format::Text;

void say_object(const std::string& service, logging::Severity severity, std::string_view text,
                sys::LineSink sink) {
    constexpr base::Duration kReaderPatience{5'000};
    logging::Logger log{std::move(sink), "pidone", logging::Level::Normal, line_format};
    log.drain(kReaderPatience);
    log.about(service, severity, "{}", text);
}

}  // namespace

void set_line_format(logging::Format format) {
    line_format = format;
}

base::unexpected<ChildError> fail(Stage stage, int exit_code, int error_number, std::string text) {
    return base::unexpected<ChildError>{ChildError{.stage = stage,
                                                   .exit_code = exit_code,
                                                   .error_number = error_number,
                                                   .text = std::move(text)}};
}

StartFailure to_failure(const ChildError& error) {
    StartFailure failure{.stage = error.stage,
                         .exit_code = static_cast<std::uint8_t>(error.exit_code),
                         .error_number = error.error_number};
    const auto size = std::min(error.text.size(), sizeof failure.text - 1);
    std::copy_n(error.text.begin(), size, failure.text);
    return failure;
}

void announce_step(int status_fd, Stage stage, const std::string& text) {
    const auto message = to_failure({.stage = stage, .exit_code = kNoFailure, .text = text});
    sys::write_fully(status_fd, &message, sizeof message);
}

void announce_execute(int status_fd) {
    StartFailure message;
    message.exit_code = kNoFailure;
    sys::write_fully(status_fd, &message, sizeof message);
}

void give_up(int status_fd, const std::string& service, const ChildError& error) {
    if (status_fd >= 0) {
        const auto failure = to_failure(error);
        sys::write_fully(status_fd, &failure, sizeof failure);
    } else {
        const auto reason = error.error_number == 0
                                ? std::string{}
                                : std::string{": "} + logging::error_text(error.error_number);
        say(service, logging::Severity::Error, error.text + reason);
    }
    sys::exit_now(error.exit_code);
}

void say(const std::string& service, logging::Severity severity, const std::string& text) {
    constexpr int kStandardError = 2;
    if (line_format == logging::Format::Json) {
        return say_object(service, severity, text, sys::LineSink::open(kStandardError));
    }
    const auto* word = severity == logging::Severity::Error  ? "error: "
                       : severity == logging::Severity::Warn ? "warn: "
                                                             : "";
    const auto line = "pidone: " + service + ": " + word + text + "\n";
    sys::write_fully(kStandardError, line.data(), line.size());
}

}  // namespace runtime
