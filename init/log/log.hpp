// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "log/fields.hpp"
#include "sys/line_sink.hpp"

/// `logging` and not `log`, which <math.h> has taken in the global namespace.
namespace logging {

/// How much is said.
enum class Level : std::uint8_t {
    Quiet,   ///< errors only (-q)
    Normal,  ///< errors, warnings and what happens
    Debug,   ///< everything (-v)
};

enum class Format : std::uint8_t {
    Text,  ///< "pidone: nginx: exited with status 1"
    Json,  ///< {"time":"2026-01-02T03:04:05.678Z","level":"info","service":"nginx","message":"..."}
           ///< with the Fields of an event in front of the message, which alone may be cut
};

/// How bad a line is. Text lines are prefixed "error: " and "warn: "; information has no prefix.
enum class Severity : std::uint8_t { Error, Warn, Info, Debug };

/// The longest line in bytes, newline included; the rest of a longer one is cut and marked "...".
inline constexpr std::size_t kMaxLine = 512;

/// pidone's own lines. One event is one line is one write, at most kMaxLine bytes, control
/// characters escaped. Never blocks, never allocates, never fails: what cannot be written is
/// dropped and counted, and the next line that succeeds is preceded by "pidone: N lines of its own
/// were dropped".
class Logger {
  public:
    /// Says nothing, anywhere.
    Logger() noexcept = default;
    /// `name` begins every text line ("pidone", or a persona's name) and must outlive the logger.
    Logger(sys::LineSink sink, std::string_view name, Level level = Level::Normal,
           Format format = Format::Text) noexcept
        : sink_{std::move(sink)}, name_{name}, level_{level}, format_{format} {}

    template <class... Args>
    void error(fmt::format_string<Args...> text, Args&&... args) noexcept {
        line(Severity::Error, {}, text, fmt::make_format_args(args...));
    }
    template <class... Args>
    void warn(fmt::format_string<Args...> text, Args&&... args) noexcept {
        line(Severity::Warn, {}, text, fmt::make_format_args(args...));
    }
    template <class... Args>
    void info(fmt::format_string<Args...> text, Args&&... args) noexcept {
        line(Severity::Info, {}, text, fmt::make_format_args(args...));
    }
    template <class... Args>
    void debug(fmt::format_string<Args...> text, Args&&... args) noexcept {
        line(Severity::Debug, {}, text, fmt::make_format_args(args...));
    }
    /// A line about `service`: the text gets "SERVICE: " in front, JSON the field "service".
    template <class... Args>
    void about(std::string_view service, Severity severity, fmt::format_string<Args...> text,
               Args&&... args) noexcept {
        line(severity, service, text, fmt::make_format_args(args...));
    }

    /// The engine behind the others, type-erased so that fmt is instantiated once. `service` may be
    /// empty.
    void line(Severity severity, std::string_view service, fmt::string_view text,
              fmt::format_args args) noexcept;

    /// Waits until stderr takes a line, `limit` at most: before the very last line.
    void drain(base::Duration limit) noexcept { sink_.drain(limit); }

    /// Gives up its own descriptor, see sys::LineSink::share().
    void share_descriptor() noexcept { sink_.share(); }

    /// Says more in the JSON lines to come: a view of Fields, or "". See Attachment.
    void attach(std::string_view fields) noexcept { attached_ = fields; }

    void set_format(Format format) noexcept { format_ = format; }
    [[nodiscard]] Level level() const noexcept { return level_; }
    [[nodiscard]] Format format() const noexcept { return format_; }
    [[nodiscard]] bool says(Severity severity) const noexcept;

  private:
    void report_dropped() noexcept;

    sys::LineSink sink_;
    std::string_view name_ = "pidone";
    std::string_view attached_;
    Level level_ = Level::Normal;
    Format format_ = Format::Text;
};

/// While it lives, each JSON line of `log` holds `fields` as well, which must live as long. Text
/// lines are what they were.
class [[nodiscard]] Attachment {
  public:
    Attachment(Logger& log, const Fields& fields) noexcept : log_{log} {
        log.attach(fields.view());
    }
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    ~Attachment() { log_.attach({}); }

  private:
    Logger& log_;
};

/// Formats into `buffer`, cutting what does not fit; returns the text. For the sub-commands, which
/// print to standard output. Allocation-free.
[[nodiscard]] std::string_view vformat_into(std::span<char> buffer, fmt::string_view text,
                                            fmt::format_args args) noexcept;

/// Formats into a string, for clients.
[[nodiscard]] std::string vformat(fmt::string_view text, fmt::format_args args);
template <class... Args>
[[nodiscard]] std::string format(fmt::format_string<Args...> text, Args&&... args) {
    return logging::vformat(text, fmt::make_format_args(args...));
}

/// The text of an errno value, as strerror(3) words it but in lower case: "no such file or
/// directory". A string that is never freed; allocation-free.
[[nodiscard]] const char* error_text(int code) noexcept;

}  // namespace logging
