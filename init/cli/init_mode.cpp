// SPDX-License-Identifier: MIT
#include "cli/init_mode.hpp"

#include <string>
#include <vector>

#include "config/environment.hpp"
#include "config/options.hpp"
#include "sys/files.hpp"

namespace cli {
namespace {

// Its words alone tell the mode; no variable changes it.
class NoVariables final : public config::Environment {
  public:
    [[nodiscard]] std::optional<std::string_view> get(std::string_view) const override {
        return std::nullopt;
    }
};

std::vector<std::string> split_words(std::string_view cmdline) {
    std::vector<std::string> words;
    while (!cmdline.empty()) {
        const auto end = cmdline.find('\0');
        words.emplace_back(cmdline.substr(0, end));
        cmdline.remove_prefix(end == std::string_view::npos ? cmdline.size() : end + 1);
    }
    return words;
}

bool names_pidone(std::string_view path) {
    const auto name = path.substr(path.rfind('/') + 1);
    return name == "pidone";
}

}  // namespace

bool is_command_mode(std::string_view cmdline) {
    const auto words = split_words(cmdline);
    if (words.empty() || !names_pidone(words.front())) {
        return false;
    }
    const auto options = config::parse_command_line(words, NoVariables{});
    return options && options->action == config::Options::Action::RunCommand;
}

bool init_is_in_command_mode() {
    constexpr std::size_t kLongest = 65'536;
    const auto cmdline = sys::read_file("/proc/1/cmdline", kLongest);
    return cmdline && is_command_mode(*cmdline);
}

}  // namespace cli
