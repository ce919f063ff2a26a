// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/runtime.hpp"
#include "sys/process_table.hpp"
#include "sys/read.hpp"
#include "sys/session.hpp"

namespace runtime {

using core::Event;
using core::ServiceId;

namespace {

// A service that writes without end must not keep PID 1 from the others: what is left keeps its
// descriptor ready, so the next turn goes on. Enough for all that a pipe or a socket holds.
constexpr int kMaxReads = 1024;

// Rounded up, because zero is off.
core::Duration milliseconds_of(std::uint64_t microseconds) {
    constexpr std::uint64_t kLongest = 86'400'000'000;
    return core::Duration{
        static_cast<core::Duration::rep>((std::min(microseconds, kLongest) + 999) / 1'000)};
}

}  // namespace

// The child writes whole StartFailures, below PIPE_BUF, so one read is one message.
void Runtime::on_status(ServiceId id) {
    if (program_) {
        on_program_status(id);
        return;
    }
    auto& process = this->process(id);
    for (;;) {
        StartFailure message;
        const auto size = sys::read_some(process.status.fd.get(), &message, sizeof message);
        if (!size) {
            return;  // EAGAIN: still at work
        }
        if (*size == 0) {
            break;
        }
        message.text[sizeof message.text - 1] = '\0';
        if (message.exit_code == kNoFailure) {
            process.reached_exec = message.stage == Stage::Execute;
            process.progress.enter(message.text);
            ++generation_;
            continue;
        }
        process.progress.fail(message);
        say_failure(id, message);
        queue_.push({.kind = Event::Kind::StartFailed, .service = id, .number = message.exit_code});
        forget(process.status);
        return;
    }
    // End of file: execve closed the pipe, or the child died before it came that far and its death
    // follows.
    if (process.reached_exec) {
        forget(process.status);
        process.progress.succeed(now_);
        queue_.push({.kind = Event::Kind::Executed, .service = id});
    } else {
        loop_.remove(process.status.token);
    }
}

void Runtime::on_program_status(ServiceId id) {
    auto& status = process(id).status;
    int error = 0;
    const auto size = sys::read_some(status.fd.get(), &error, sizeof error);
    if (!size) {
        return;  // EAGAIN: still at work
    }
    forget(status);
    sys::end_start();
    if (*size != 0) {
        const auto failure = to_failure(program_->failure(error));
        say_failure(id, failure);
        queue_.push({.kind = Event::Kind::StartFailed, .service = id, .number = failure.exit_code});
        return;
    }
    queue_.push({.kind = Event::Kind::Executed, .service = id});
    // The program has them now, and a pipe's other end must not wait for our copy.
    sys::close_inherited();
    sys::leave_directory();
    watch_memory();
}

void Runtime::say_failure(ServiceId id, const StartFailure& failure) {
    const auto& name = spec(id).name;
    if (failure.error_number == 0) {
        log_.about(name, logging::Severity::Error, "{}", failure.text);
    } else {
        log_.about(name, logging::Severity::Error, "{}: {}", failure.text,
                   logging::error_text(failure.error_number));
    }
}

void Runtime::on_ready_pipe(ServiceId id) {
    auto& process = this->process(id);
    std::array<char, 64> bytes{};
    for (int count = 0; count < kMaxReads; ++count) {
        const auto size = sys::read_some(process.ready.fd.get(), bytes.data(), bytes.size());
        if (!size) {
            return;
        }
        if (*size == 0) {
            forget(process.ready);
            warn_of_closed_ready_pipe(id);
            return;
        }
        if (std::memchr(bytes.data(), '\n', *size) != nullptr) {
            forget(process.ready);
            queue_.push({.kind = Event::Kind::Ready, .service = id});
            return;
        }
    }
}

// Nothing can make such a service ready any more. Its death says more than this would.
void Runtime::warn_of_closed_ready_pipe(ServiceId id) {
    const auto state = supervisor_.service(id).state;
    const auto main = sys::read_process(process(id).main);
    if ((state == core::State::Setup || state == core::State::Starting) && main &&
        main->is_alive()) {
        log_.about(spec(id).name, logging::Severity::Warn,
                   "closed descriptor {} without the newline that would have made it ready "
                   "(ready = \"fd:{}\")",
                   spec(id).ready.descriptor, spec(id).ready.descriptor);
    }
}

void Runtime::on_notify(ServiceId id) {
    static std::array<char, sys::kNotifyMax> buffer;
    auto& process = this->process(id);
    for (int count = 0; count < kMaxReads; ++count) {
        const auto receipt = sys::receive_notify(process.notify.fd.get(), buffer);
        if (!receipt || receipt->kind == sys::NotifyReceipt::Kind::Nothing) {
            return;
        }
        if (receipt->kind == sys::NotifyReceipt::Kind::Barrier) {
            continue;
        }
        if (process.main == base::Pid::None) {
            continue;  // the last words of a run that is over
        }
        std::string_view reason = refusal_of(id, receipt->sender);
        if (reason.empty() && receipt->kind == sys::NotifyReceipt::Kind::Message) {
            take_message(id, *receipt);
            // One datagram at a time, so a flood of them cannot fill the queue.
            pump();
            continue;
        }
        refuse(id, receipt->sender, reason.empty() ? receipt->refusal : reason);
    }
}

// Counted, and said once: a service that is wrong about this is wrong every ten seconds.
void Runtime::refuse(ServiceId id, base::Pid sender, std::string_view reason) {
    if (++process(id).refused_messages == 1) {
        log_.about(spec(id).name, logging::Severity::Warn,
                   "refused a notification of process {}: {}; more are only counted",
                   base::raw(sender), reason);
    }
}

// Why `sender` may not speak for the service; "" when it may.
std::string_view Runtime::refusal_of(ServiceId id, base::Pid sender) const {
    const auto& process = processes_[core::index(id)];
    if (sender == base::Pid::None) {
        return "it is of another PID namespace";
    }
    if (sender == process.main) {
        return {};
    }
    if (spec(id).notify_access == core::NotifyAccess::Main) {
        return "it is not the main process, and only notify-access = \"all\" lets others speak";
    }
    if (const auto info = sys::read_process(sender)) {
        return info->session == process.leader ? "" : "it is no process of this service's session";
    }
    return sys::proc_is_available() ? "it has ended, so whose it was is not known"
                                    : "whose it is cannot be seen without /proc; mount it";
}

void Runtime::take_message(ServiceId id, const sys::NotifyReceipt& receipt) {
    auto& process = this->process(id);
    const auto& message = receipt.message;
    if (message.has_status) {
        process.status_text = base::Text{message.status};
        ++generation_;
    }
    if (message.main_pid != base::Pid::None && message.main_pid != process.main) {
        const auto info = sys::read_process(message.main_pid);
        if (info && info->session == process.leader) {
            process.main = message.main_pid;
            queue_.push(
                {.kind = Event::Kind::MainPidChanged, .service = id, .pid = message.main_pid});
        } else {
            refuse(id, receipt.sender,
                   sys::proc_is_available() ? "its MAINPID is no process of this service's session"
                                            : "its MAINPID cannot be seen without /proc; mount it");
        }
    }
    if (message.extend_usec) {
        queue_.push({.kind = Event::Kind::TimeExtended,
                     .service = id,
                     .duration = milliseconds_of(*message.extend_usec)});
    }
    if (message.watchdog_usec) {
        queue_.push({.kind = Event::Kind::WatchdogSet,
                     .service = id,
                     .duration = milliseconds_of(*message.watchdog_usec)});
    }
    if (message.feeds_watchdog) {
        queue_.push({.kind = Event::Kind::WatchdogFed, .service = id});
    }
    if (message.fails_watchdog) {
        queue_.push({.kind = Event::Kind::WatchdogFailed, .service = id});
    }
    // With a watchdog there is a socket, whatever readiness is.
    if (message.is_ready && spec(id).ready.kind == core::Readiness::Kind::Notify) {
        queue_.push({.kind = Event::Kind::Ready, .service = id});
    }
}

}  // namespace runtime
