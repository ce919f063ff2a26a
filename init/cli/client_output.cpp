// SPDX-License-Identifier: MIT
#include "cli/client_output.hpp"

#include <cerrno>
#include <cstdio>

#include "cli/status_view.hpp"
#include "log/log.hpp"

namespace cli {

int print(std::string_view text) {
    const auto written = std::fwrite(text.data(), 1, text.size(), stdout);
    if (written == text.size() && std::fflush(stdout) == 0) {
        return 0;
    }
    return complain(std::string{"cannot write to standard output: "} + logging::error_text(errno),
                    1);
}

std::string printable_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        const bool has_end = line.size() < text.size();
        out += printable(line) + (has_end ? "\n" : "");
        text.remove_prefix(line.size() + (has_end ? 1 : 0));
    }
    return out;
}

void print_error(std::string_view text) {
    const auto shown = printable_lines(text);
    std::fwrite(shown.data(), 1, shown.size(), stderr);
}

int complain(const std::string& message, int exit_code) {
    print_error("pidone: " + message + "\n");
    return exit_code;
}

int complain(const control::ClientError& error) {
    if (error.code == 0) {
        return complain(error.message, 1);
    }
    return complain(error.message + ": " + logging::error_text(error.code), 1);
}

}  // namespace cli
