// SPDX-License-Identifier: MIT
#include "log/pump_loop.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

#include "sys/clock.hpp"
#include "sys/descriptors.hpp"
#include "sys/pump_io.hpp"
#include "sys/read.hpp"
#include "sys/signals.hpp"
#include "sys/spawn.hpp"

namespace logging {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;

// A prompt has no newline: so long a begin of a line waits for its end.
constexpr base::Duration kPartialPatience{500};

// What stands out on a dark and on a light terminal alike.
constexpr std::array kColors{36, 33, 32, 35, 34, 31};

constexpr int kStandardOutput = 1;
constexpr int kStandardError = 2;

bool shares(const PumpSettings& settings) {
    return settings.shares_output || sys::is_same_file(kStandardOutput, kStandardError);
}

}  // namespace

Pump::Pump(const PumpSettings& settings, sys::Loop loop)
    : settings_{settings},
      loop_{std::move(loop)},
      log_{sys::LineSink::open(kStandardError), "pidone", Level::Normal, settings.log_format},
      // PID 1 writes its own lines to standard error.
      outputs_{PumpOutput{kStandardOutput, shares(settings), settings.state->mid_line[0]},
               PumpOutput{kStandardError, true, settings.state->mid_line[1]}},
      readers_{loop_, static_cast<std::uint32_t>(Source::Reader)},
      null_{sys::open_null()},
      input_(kChunk) {
    if (auto signals = sys::open_signal_fd()) {
        signals_ = std::move(*signals);
        static_cast<void>(
            loop_.add(signals_.get(), static_cast<std::uint32_t>(Source::Signals), 0));
    }
    if (auto pipe = sys::pipe_cloexec()) {
        own_read_ = std::move(pipe->read);
        own_write_ = std::move(pipe->write);
        sys::resize_pipe(own_write_.get(), kChunk);
    }
    open_inlets(settings);
    for (const std::size_t number : {0U, 1U}) {
        on_output(number);
    }
    if (settings.listener >= 0) {
        static_cast<void>(
            loop_.add(settings.listener, static_cast<std::uint32_t>(Source::Listener), 0));
    }
}

void Pump::open_inlets(const PumpSettings& settings) {
    std::size_t width = 0;
    for (const auto& service : settings.services) {
        width = std::max(width, service.name.size());
    }
    std::vector<PumpReaders::Service> views;
    services_.reserve(settings.services.size());
    inlets_.reserve(settings.services.size() * 2);
    for (const auto& service : settings.services) {
        auto& entry = services_.emplace_back();
        entry.settings = &service;
        entry.ring = Ring{service.state->ring, service.ring};
        if (!service.file.empty()) {
            entry.file.emplace(service.file, service.rotate_size, service.rotate_keep);
        }
        views.push_back({service.name, &entry.ring});
        const auto number = services_.size() - 1;
        for (const std::size_t output : {0U, 1U}) {
            LineStyle style{.format = service.format,
                            .has_timestamps = service.has_timestamps,
                            .name = service.name,
                            .width = width,
                            .stream = Stream{static_cast<std::uint8_t>(output)}};
            if (outputs_[output].is_terminal()) {
                style.color = kColors[number % kColors.size()];
            }
            inlets_.push_back(Inlet{.service = number,
                                    .output = output,
                                    .fd = service.pipes[output],
                                    .writer = LineWriter{style},
                                    .continues = service.state->continues[output] != 0});
        }
    }
    for (const auto& name : settings.others) {
        views.push_back({name, nullptr});
    }
    readers_.set_services(std::move(views));
    for (std::size_t i = 0; i < inlets_.size(); ++i) {
        // Edge-triggered, because the begin of a line stays in the pipe until its end comes.
        const auto token =
            loop_.add(inlets_[i].fd, static_cast<std::uint32_t>(Source::Stream),
                      static_cast<std::uint32_t>(i), EPOLLIN | static_cast<std::uint32_t>(EPOLLET));
        if (token) {
            inlets_[i].token = *token;
            ++open_count_;
        } else {
            inlets_[i].is_open = inlets_[i].is_ready = false;
        }
    }
}

bool Pump::run() {
    while (open_count_ > 0 && !may_leave()) {
        const auto ready = loop_.wait(timeout(sys::now()));
        if (ready) {
            for (const auto& entry : *ready) {
                if (entry.events != 0) {
                    handle(entry);
                }
            }
        }
        on_time(sys::now());
        if (leave_by_) {
            continue;
        }
        work_on_ready();
        if (readers_.is_any()) {
            readers_.on_lines();
        }
    }
    const bool is_clean = give_up_rests();
    if (!leave_by_) {
        say_drops(sys::now(), true);
    }
    return is_clean;
}

void Pump::handle(const sys::Ready& ready) {
    switch (Source{ready.kind}) {
    case Source::Stream: {
        auto& inlet = inlets_[ready.index];
        inlet.is_ready = true;
        inlet.pause = {};
        inlet.is_hung_up = inlet.is_hung_up || (ready.events & (EPOLLHUP | EPOLLERR)) != 0;
        return;
    }
    case Source::Output:
        on_output(ready.index);
        return;
    case Source::Listener:
        readers_.accept(settings_.listener);
        return;
    case Source::Reader:
        readers_.handle(ready.index, ready.events);
        return;
    case Source::Signals:
        // It only wakes us.
        static_cast<void>(sys::read_signal(signals_.get()));
        return;
    }
}

// One chunk of each in turn, so that a loud service does not silence the others.
void Pump::work_on_ready() {
    for (auto& inlet : inlets_) {
        if (inlet.is_open && inlet.is_ready) {
            work(inlet);
        }
    }
}

void Pump::work(Inlet& inlet) {
    bool drops = false;
    if (outputs_[inlet.output].is_busy()) {
        drops = must_drop(inlet);
        if (!drops) {
            inlet.waits = true;
            inlet.is_ready = false;
            look_later(inlet);
            return;
        }
        consume(inlet);
    }
    pass_on(inlet, drops);
}

// A copy of what lies in the pipe; nothing when there is nothing.
std::optional<std::string_view> Pump::peek(Inlet& inlet) {
    const auto size = sys::peek_pipe(inlet.fd, own_write_.get(), input_.size());
    if (!size) {
        inlet.is_ready = false;
        return std::nullopt;
    }
    if (*size == 0) {
        close(inlet);
        return std::nullopt;
    }
    std::size_t got = 0;
    while (got < *size) {
        const auto part = sys::read_some(own_read_.get(), input_.data() + got, *size - got);
        if (!part || *part == 0) {
            break;
        }
        got += *part;
    }
    return std::string_view{input_.data(), got};
}

void Pump::pass_on(Inlet& inlet, bool drops) {
    const auto bytes = peek(inlet);
    if (!bytes) {
        return;
    }
    // Behind an end of line that came meanwhile begins a line that is not late.
    const bool is_late =
        inlet.flush_at && sys::now() >= *inlet.flush_at && bytes->find('\n') == bytes->npos;
    LineCutter cutter{*bytes, is_late || inlet.is_hung_up};
    auto& output = outputs_[inlet.output];
    auto& service = services_[inlet.service];
    const auto now = sys::wall_clock();
    const TimeText time{now};
    inlet.waits = false;
    bool has_passed = false;
    while (!output.is_busy() || drops) {
        const auto block = compose(inlet, cutter, time, now);
        if (block.bytes == 0) {
            break;
        }
        has_passed = true;
        write_file(service, inlet.output);
        inlet.owed = block.bytes;
        inlet.owed_lines = block.lines;
        if (drops) {
            count_drops(service, block.lines);
            service.state().unsaid_drops += block.lines;
            service.last_drop = sys::now();
        } else if (const int error = output.write(lines_.view()); error != 0) {
            on_write_error(inlet.output, error);
            count_drops(service, block.lines);
        }
        if (output.is_busy() && !drops) {
            took_at_[inlet.output] = sys::now();
            rest_of_[inlet.output] = static_cast<std::size_t>(&inlet - inlets_.data());
            watch_output(inlet.output);
            inlet.waits = true;
            look_later(inlet);
            break;
        }
        consume(inlet);
    }
    if (has_passed) {
        inlet.flush_at.reset();
    } else if (!inlet.flush_at) {
        inlet.flush_at = sys::now() + kPartialPatience;
    }
    // What came meanwhile woke us, or will; what is left is the begin of a line.
    inlet.is_ready = has_passed && (drops || !output.is_busy());
}

// Up to a block of lines, worded for the output and for the file, and kept.
Pump::Block Pump::compose(Inlet& inlet, LineCutter& cutter, const TimeText& time,
                          std::int64_t now) {
    auto& service = services_[inlet.service];
    const auto before = cutter.left();
    Block block;
    lines_.clear();
    bare_lines_.clear();
    // A block that is a little larger than an empty pipe would cost two writes: the next line is
    // taken for as long as the last one.
    std::size_t last = 0;
    Piece piece;
    while (lines_.size() + last <= kPumpBlock && cutter.next(piece)) {
        const auto size = lines_.size();
        inlet.writer.write(lines_, piece, inlet.continues, time);
        if (service.file) {
            const bool is_rest = bare_lines_.is_empty()
                                     ? service.state().file_rest == inlet.output + 1
                                     : inlet.continues;
            inlet.writer.write_bare(bare_lines_, piece, is_rest, time);
        }
        if (service.ring.is_kept()) {
            service.ring.push({now, Stream{static_cast<std::uint8_t>(inlet.output)}, piece});
        }
        inlet.continues = !piece.ends_line;
        block.lines += piece.ends_line ? 1U : 0U;
        last = lines_.size() - size;
    }
    block.bytes = before - cutter.left();
    return block;
}

void Pump::write_file(Service& service, std::size_t output) {
    if (!service.file || bare_lines_.is_empty()) {
        return;
    }
    const auto lines = bare_lines_.view();
    auto& rest_of = service.state().file_rest;
    const auto number = static_cast<std::uint32_t>(output + 1);
    const auto written = service.file->write(lines, rest_of == number);
    rest_of = written && lines.back() != '\n' ? number : 0;
    const int error = written ? 0 : written.error().code;
    if (error != 0 && error != service.file_error) {
        log_.about(service.settings->name, Severity::Error,
                   "cannot write its log file '{}' ({}): {}; its lines still go to the "
                   "container's output",
                   service.file->path(), written.error().op, error_text(error));
    } else if (error == 0 && service.file_error != 0) {
        log_.about(service.settings->name, Severity::Info, "its log file '{}' is written again",
                   service.file->path());
    }
    service.file_error = error;
}

// Their lines are written, so the bytes may go.
void Pump::consume(Inlet& inlet) {
    if (inlet.owed == 0) {
        return;
    }
    auto& state = services_[inlet.service].state();
    // First of all, because PID 1 looks at it as soon as the pipe is empty.
    state.continues[inlet.output] = inlet.continues ? 1 : 0;
    sys::discard_from_pipe(inlet.fd, null_.get(), inlet.owed);
    auto& counters = state.counters;
    counters.bytes += inlet.owed;
    counters.lines += inlet.owed_lines;
    inlet.owed = 0;
    inlet.owed_lines = 0;
}

void Pump::close(Inlet& inlet) {
    loop_.remove(inlet.token);
    inlet.is_open = inlet.is_ready = inlet.waits = false;
    inlet.flush_at.reset();
    --open_count_;
}

void Pump::count_drops(Service& service, std::uint64_t lines) {
    service.state().counters.dropped += lines;
}

// It takes more, or its pump has just begun.
void Pump::on_output(std::size_t number) {
    auto& output = outputs_[number];
    if (output.is_busy()) {
        const auto before = output.bytes_left();
        const int error = output.flush();
        if (output.bytes_left() < before) {
            took_at_[number] = sys::now();
        }
        if (error != 0) {
            on_write_error(number, error);
            for (auto& inlet : inlets_) {
                if (inlet.output == number) {
                    count_drops(services_[inlet.service], inlet.owed_lines);
                }
            }
        }
    }
    if (output.is_busy()) {
        watch_output(number);
        return;
    }
    loop_.remove(output_tokens_[number]);
    output_tokens_[number] = {};
    rest_of_[number].reset();
    for (auto& inlet : inlets_) {
        if (inlet.output == number) {
            consume(inlet);
            inlet.is_ready = inlet.is_open;
            inlet.waits = false;
        }
    }
}

void Pump::watch_output(std::size_t number) {
    if (output_tokens_[number].is_set()) {
        return;
    }
    const auto token = loop_.add(outputs_[number].fd(), static_cast<std::uint32_t>(Source::Output),
                                 static_cast<std::uint32_t>(number), EPOLLOUT);
    if (token) {
        output_tokens_[number] = *token;
    }
}

void Pump::on_write_error(std::size_t number, int error) {
    if (!has_failed_[number]) {
        has_failed_[number] = true;
        log_.error("cannot write to the container's {}: {}; what services write to it is dropped",
                   number == 0 ? "standard output" : "standard error", error_text(error));
    }
}

}  // namespace logging
