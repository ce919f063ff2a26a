// SPDX-License-Identifier: MIT
#include "cli/config_files.hpp"

#include <cerrno>

#include "log/log.hpp"
#include "sys/environment.hpp"
#include "sys/files.hpp"

namespace cli {
namespace {

using Lines = std::vector<std::string>;

std::string wrong(const std::string& path, std::string_view message) {
    return path + ": error: " + std::string{message} + "\n";
}

std::string join(const std::string& directory, const std::string& name) {
    return directory.ends_with('/') ? directory + name : directory + "/" + name;
}

bool is_hidden(const std::string& name) {
    return name.starts_with('.');
}

/// A -c that names one file: its directory with nothing else in it.
config::Listing single_file(const std::string& path) {
    const auto slash = path.rfind('/');
    config::Listing listing;
    listing.path = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    listing.files.push_back(slash == std::string::npos ? path : path.substr(slash + 1));
    return listing;
}

void add_overrides(const std::string& path, const std::string& name, config::Listing& listing,
                   Lines& errors) {
    if (sys::kind_of(path) != sys::FileKind::Directory) {
        errors.push_back(wrong(path, "must be a directory of overrides (NAME.d/*.toml)"));
        return;
    }
    auto files = sys::list_directory(path);
    if (files) {
        listing.overrides.push_back({name, *std::move(files)});
    } else {
        errors.push_back(wrong(path, logging::error_text(files.error().code)));
    }
}

std::optional<config::Listing> list(const std::string& path, Lines& errors) {
    const auto kind = sys::kind_of(path);
    if (kind == sys::FileKind::Regular && path.ends_with(".toml")) {
        return single_file(path);
    }
    if (kind == sys::FileKind::None) {
        errors.push_back(wrong(path, "no such file or directory; name another one with -c"));
        return std::nullopt;
    }
    if (kind != sys::FileKind::Directory) {
        errors.push_back(wrong(path, "expected a directory or a .toml file"));
        return std::nullopt;
    }
    const auto names = sys::list_directory(path);
    if (!names) {
        errors.push_back(wrong(path, logging::error_text(names.error().code)));
        return std::nullopt;
    }
    config::Listing listing;
    listing.path = path;
    for (const auto& name : *names) {
        const auto child = join(path, name);
        if (is_hidden(name)) {
            continue;
        }
        if (name.ends_with(".d")) {
            add_overrides(child, name, listing, errors);
        } else if (name.ends_with(".toml")) {
            listing.files.push_back(name);
        }
    }
    return listing;
}

void read_text(config::SourceFile& file, Lines& errors) {
    if (sys::kind_of(file.path) == sys::FileKind::Directory) {
        errors.push_back(wrong(file.path, "is a directory, expected a file"));
        return;
    }
    auto text = sys::read_file(file.path, config::kMaxSourceSize);
    if (text) {
        file.text = *std::move(text);
    } else if (text.error().code == EFBIG) {
        errors.push_back(wrong(file.path, "the file is larger than 1 MiB"));
    } else {
        errors.push_back(wrong(
            file.path, "cannot be read: " + std::string{logging::error_text(text.error().code)}));
    }
}

}  // namespace

std::optional<std::string_view> ProcessEnvironment::get(std::string_view name) const {
    return sys::get_variable(name);
}

base::Result<std::vector<config::SourceFile>, std::vector<std::string>> read_config(
    std::span<const std::string> paths) {
    Lines errors;
    std::vector<config::Listing> listings;
    std::string names;
    for (const auto& path : paths) {
        names += (names.empty() ? "" : ", ") + path;
        if (auto listing = list(path, errors)) {
            listings.push_back(*std::move(listing));
        }
    }
    auto files = config::plan_sources(listings);
    for (auto& file : files) {
        if (!file.directory.starts_with('/')) {
            file.directory = join(sys::working_directory(), file.directory);
        }
        read_text(file, errors);
    }
    // Settings alone are loaded, so that what is wrong with them is said beside this.
    if (errors.empty() && files.empty()) {
        errors.push_back(wrong(names, "no service; each service is a file NAME.toml there"));
    }
    if (!errors.empty()) {
        return base::unexpected(std::move(errors));
    }
    return files;
}

base::Result<config::Loaded, std::string> load_config(std::span<const std::string> paths,
                                                      std::string_view outcome) {
    const auto files = read_config(paths);
    if (!files) {
        std::string text;
        for (const auto& line : files.error()) {
            text += line;
        }
        return base::unexpected(text + error_summary(files.error().size(), outcome));
    }
    auto loaded = config::load_all(*files, ProcessEnvironment{});
    if (auto errors = all_errors(loaded.diagnostics, outcome); !errors.empty()) {
        return base::unexpected{std::move(errors)};
    }
    return loaded;
}

std::string all_errors(const config::Diagnostics& diagnostics, std::string_view outcome) {
    const auto count = diagnostics.error_count();
    return count == 0 ? "" : diagnostics.render() + error_summary(count, outcome);
}

std::string error_summary(std::size_t count, std::string_view outcome) {
    return "pidone: " + std::to_string(count) + (count == 1 ? " error" : " errors") +
           (outcome.empty() ? "" : ", ") + std::string{outcome} + "\n";
}

}  // namespace cli
