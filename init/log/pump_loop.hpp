// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "log/pump.hpp"
#include "log/pump_output.hpp"
#include "log/pump_readers.hpp"
#include "sys/loop.hpp"
#include "sys/rotating_file.hpp"

namespace logging {

/// The pump at work.
class Pump {
  public:
    Pump(const PumpSettings& settings, sys::Loop loop);

    /// Whether it has what it needs.
    [[nodiscard]] bool is_able() const { return own_read_ && own_write_; }

    /// Until all streams have ended, or PID 1 wants another pump. False when lines that are still
    /// in a pipe have been written in part.
    [[nodiscard]] bool run();

  private:
    /// What a descriptor in the loop is; the index beside it is the stream, output or reader.
    enum class Source : std::uint32_t { Stream, Output, Listener, Reader, Signals };

    struct Service {
        const PumpService* settings;
        Ring ring;
        std::optional<sys::RotatingFile> file;
        int file_error = 0;  ///< said already
        base::Instant last_drop{};

        [[nodiscard]] PumpState::Service& state() const { return *settings->state; }
    };

    /// One pipe of a service.
    struct Inlet {
        std::size_t service = 0;
        std::size_t output = 0;
        int fd = -1;
        sys::Token token{};
        LineWriter writer;
        bool is_open = true;
        bool is_ready = true;     ///< there may be something new
        bool is_hung_up = false;  ///< nobody can write to it any more
        bool waits = false;       ///< for its output
        std::size_t owed = 0;     ///< bytes whose lines are being written, still in the pipe
        std::uint64_t owed_lines = 0;
        bool continues = false;  ///< the last piece ended no line
        std::optional<base::Instant>
            flush_at{};                          ///< when the begin of a line is passed on as it is
        std::optional<base::Instant> look_at{};  ///< while it waits: when its pipe may be full
        base::Duration pause{};                  ///< until that look

        [[nodiscard]] const std::optional<base::Instant>& due_at() const {
            return waits ? look_at : flush_at;
        }
    };

    struct Block {
        std::size_t bytes = 0;
        std::uint64_t lines = 0;
    };

    void open_inlets(const PumpSettings& settings);
    void handle(const sys::Ready& ready);
    void work_on_ready();
    void work(Inlet& inlet);
    void pass_on(Inlet& inlet, bool drops);
    [[nodiscard]] std::optional<std::string_view> peek(Inlet& inlet);
    [[nodiscard]] Block compose(Inlet& inlet, LineCutter& cutter, const TimeText& time,
                                std::int64_t now);
    void write_file(Service& service, std::size_t output);
    void consume(Inlet& inlet);
    void close(Inlet& inlet);
    [[nodiscard]] bool must_drop(Inlet& inlet);
    void look_later(Inlet& inlet);
    void count_drops(Service& service, std::uint64_t lines);
    [[nodiscard]] bool is_busy() const { return outputs_[0].is_busy() || outputs_[1].is_busy(); }
    [[nodiscard]] bool may_leave() const;
    [[nodiscard]] bool give_up_rests();
    void on_output(std::size_t number);
    void on_write_error(std::size_t number, int error);
    void watch_output(std::size_t number);
    void on_time(base::Instant now);
    void say_drops(base::Instant now, bool is_last);
    [[nodiscard]] std::optional<base::Duration> timeout(base::Instant now) const;

    const PumpSettings& settings_;
    sys::Loop loop_;
    Logger log_;
    std::array<PumpOutput, 2> outputs_;
    std::array<sys::Token, 2> output_tokens_{};
    std::array<bool, 2> has_failed_{};
    std::array<std::optional<std::size_t>, 2> rest_of_{};  ///< the inlet whose lines wait there
    std::array<base::Instant, 2> took_at_{};  ///< when a reader that we wait for took something
    sys::UniqueFd signals_;
    std::optional<base::Instant> leave_by_;
    std::vector<Service> services_;
    std::vector<Inlet> inlets_;
    PumpReaders readers_;
    sys::UniqueFd null_;
    sys::UniqueFd own_read_;
    sys::UniqueFd own_write_;
    std::vector<char> input_;
    Sheet lines_;
    Sheet bare_lines_;
    std::size_t open_count_ = 0;
};

}  // namespace logging
