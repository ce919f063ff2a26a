// SPDX-License-Identifier: MIT
#include "sys/environment.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>

extern "C" char** environ;

namespace sys {

std::optional<std::string_view> get_variable(std::string_view name) noexcept {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        if (text.size() > name.size() && text[name.size()] == '=' && text.starts_with(name)) {
            return text.substr(name.size() + 1);
        }
    }
    return std::nullopt;
}

std::vector<std::string> environment_entries() {
    std::vector<std::string> entries;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        entries.emplace_back(*entry);
    }
    return entries;
}

const char* const* environment() noexcept {
    return environ;
}

std::optional<std::uint64_t> namespace_inode(const char* kind) noexcept {
    std::array<char, 64> path{};
    std::snprintf(path.data(), path.size(), "/proc/self/ns/%s", kind);
    struct stat info {};
    if (::stat(path.data(), &info) != 0) {
        return std::nullopt;
    }
    return info.st_ino;
}

std::string own_program() {
    std::array<char, PATH_MAX> path{};
    const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
    return length > 0 ? std::string{path.data(), static_cast<std::size_t>(length)} : std::string{};
}

std::string working_directory() {
    std::array<char, PATH_MAX> path{};
    return ::getcwd(path.data(), path.size()) != nullptr ? std::string{path.data()} : ".";
}

}  // namespace sys
