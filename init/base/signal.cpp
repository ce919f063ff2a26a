// SPDX-License-Identifier: MIT
#include "base/signal.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <csignal>
#include <string>

namespace base {
namespace {

constexpr int kRtMin = 34;
constexpr int kRtMax = 64;

struct Named {
    std::string_view name;
    int number;
};

// One table for both directions. Aliases stand behind the name that is printed.
constexpr std::array kNames{
    Named{"HUP", SIGHUP},       Named{"INT", SIGINT},   Named{"QUIT", SIGQUIT},
    Named{"ILL", SIGILL},       Named{"TRAP", SIGTRAP}, Named{"ABRT", SIGABRT},
    Named{"IOT", SIGABRT},      Named{"BUS", SIGBUS},   Named{"FPE", SIGFPE},
    Named{"KILL", SIGKILL},     Named{"USR1", SIGUSR1}, Named{"SEGV", SIGSEGV},
    Named{"USR2", SIGUSR2},     Named{"PIPE", SIGPIPE}, Named{"ALRM", SIGALRM},
    Named{"TERM", SIGTERM},     Named{"STKFLT", 16},    Named{"CHLD", SIGCHLD},
    Named{"CLD", SIGCHLD},      Named{"CONT", SIGCONT}, Named{"STOP", SIGSTOP},
    Named{"TSTP", SIGTSTP},     Named{"TTIN", SIGTTIN}, Named{"TTOU", SIGTTOU},
    Named{"URG", SIGURG},       Named{"XCPU", SIGXCPU}, Named{"XFSZ", SIGXFSZ},
    Named{"VTALRM", SIGVTALRM}, Named{"PROF", SIGPROF}, Named{"WINCH", SIGWINCH},
    Named{"IO", SIGIO},         Named{"POLL", SIGIO},   Named{"PWR", SIGPWR},
    Named{"SYS", SIGSYS},       Named{"RTMIN", kRtMin}, Named{"RTMAX", kRtMax},
};

static_assert(raw(kSigTerm) == SIGTERM && raw(kSigChld) == SIGCHLD && raw(kSigPwr) == SIGPWR);
static_assert(raw(kSigUsr1) == SIGUSR1 && raw(kSigUsr2) == SIGUSR2 && raw(kSigCont) == SIGCONT);
static_assert(raw(kSigWinch) == SIGWINCH && raw(kSigTstp) == SIGTSTP && raw(kSigStop) == SIGSTOP);

std::optional<int> parse_number(std::string_view text) {
    int number = 0;
    const auto* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc{} || end != last) {
        return std::nullopt;
    }
    return number;
}

std::optional<int> parse_name(std::string_view name) {
    for (const auto& entry : kNames) {
        if (entry.name == name) {
            return entry.number;
        }
    }
    return std::nullopt;
}

std::optional<int> parse_realtime(std::string_view name) {
    const bool from_min = name.starts_with("RTMIN+");
    if (!from_min && !name.starts_with("RTMAX-")) {
        return std::nullopt;
    }
    const auto offset = parse_number(name.substr(6));
    if (!offset || *offset < 0 || *offset > kRtMax - kRtMin) {
        return std::nullopt;
    }
    return from_min ? kRtMin + *offset : kRtMax - *offset;
}

}  // namespace

std::optional<Signal> parse_signal(std::string_view text) {
    std::string upper;
    for (const char c : text) {
        upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    std::string_view name = upper;
    if (name.starts_with("SIG")) {
        name.remove_prefix(3);
    }
    auto number = parse_name(name);
    if (!number) {
        number = parse_realtime(name);
    }
    if (!number) {
        number = parse_number(text);
    }
    if (!number || *number < 1 || *number > kMaxSignal) {
        return std::nullopt;
    }
    return Signal{*number};
}

Text to_string(Signal signal) {
    const int number = raw(signal);
    for (const auto& entry : kNames) {
        if (entry.number == number) {
            return Text{"SIG"}.append(entry.name);
        }
    }
    if (number > kRtMin && number < kRtMax) {
        return Text{"SIGRTMIN+"}.append(number - kRtMin);
    }
    return Text{"signal "}.append(number);
}

}  // namespace base
