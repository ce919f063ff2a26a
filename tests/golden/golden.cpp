// SPDX-License-Identifier: MIT
// Each directory here is a case: service files, perhaps an `environment` file of NAME=value lines,
// and expected.txt, which is what `pidone check` complains with, or, after the warnings, what
// `pidone show` prints where there is no error. With UPDATE=1 the texts are written instead of
// compared.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "cli/config_files.hpp"
#include "cli/show_toml.hpp"

namespace {

namespace fs = std::filesystem;

class CaseEnvironment final : public config::Environment {
  public:
    explicit CaseEnvironment(const fs::path& file) {
        std::ifstream lines{file};
        for (std::string line; std::getline(lines, line);) {
            const auto equals = line.find('=');
            variables_[line.substr(0, equals)] = line.substr(equals + 1);
        }
    }
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override {
        const auto found = variables_.find(name);
        return found == variables_.end() ? std::nullopt
                                         : std::optional<std::string_view>{found->second};
    }

  private:
    std::map<std::string, std::string, std::less<>> variables_;
};

std::string read(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// The case "order" has a second directory, as a second -c.
std::vector<std::string> paths_of(const std::string& name) {
    std::vector<std::string> paths{name};
    if (fs::exists(fs::path{name} / "second")) {
        paths.push_back(name + "/second");
    }
    return paths;
}

/// What is shown of each service, by its name. A file cannot have the name of an instance, so the
/// '@' is replaced, also where others name it.
std::map<std::string, std::string> shown(const core::Spec& spec) {
    const auto plain = [](std::string text) {
        std::replace(text.begin(), text.end(), '@', '.');
        return text;
    };
    std::map<std::string, std::string> texts{{"pidone", cli::container_toml(spec)}};
    for (const auto& service : spec.services) {
        texts[plain(service.name)] = plain(cli::service_toml(spec, service));
    }
    return texts;
}

/// What is shown loads to what is shown again.
bool survives(const core::Spec& spec) {
    const auto texts = shown(spec);
    std::vector<config::SourceFile> files;
    for (const auto& [name, text] : texts) {
        files.push_back({name + ".toml", "/", name, false, text});
    }
    const auto again = config::load(files, CaseEnvironment{"/nonexistent"});
    if (!again) {
        std::printf("%s", again.error().render().c_str());
        return false;
    }
    return shown(*again) == texts;
}

std::string run(const std::string& name) {
    const auto files = cli::read_config(paths_of(name));
    std::string text;
    if (!files) {
        for (const auto& line : files.error()) {
            text += line;
        }
        return text + cli::error_summary(files.error().size());
    }
    const auto loaded = config::load_all(*files, CaseEnvironment{fs::path{name} / "environment"});
    if (const auto count = loaded.diagnostics.error_count(); count != 0) {
        return loaded.diagnostics.render() + cli::error_summary(count);
    }
    text = loaded.diagnostics.render() + "# pidone.toml\n" + cli::container_toml(loaded.spec);
    for (const auto& service : loaded.spec.services) {
        text += "\n# " + service.name + ".toml\n" + cli::service_toml(loaded.spec, service);
    }
    text += survives(loaded.spec) ? "" : "what is shown does not load to the same again\n";
    // Template sources are absolute; the expectation must not depend on where the repository is.
    const auto here = fs::current_path().string();
    for (auto at = text.find(here); at != std::string::npos; at = text.find(here, at)) {
        text.replace(at, here.size(), "/HERE");
    }
    return text;
}

bool passes(const std::string& name) {
    const auto text = run(name);
    const auto file = fs::path{name} / "expected.txt";
    if (std::getenv("UPDATE") != nullptr) {
        std::ofstream{file, std::ios::binary} << text;
        return true;
    }
    const auto expected = read(file);
    if (text == expected) {
        return true;
    }
    std::printf("FAILED %s\n--- expected\n%s--- got\n%s", name.c_str(), expected.c_str(),
                text.c_str());
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    fs::current_path(argv[1]);
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{"."}) {
        if (entry.is_directory()) {
            names.push_back(entry.path().filename().string());
        }
    }
    std::sort(names.begin(), names.end());
    const auto failed =
        std::count_if(names.begin(), names.end(), [](const auto& name) { return !passes(name); });
    std::printf("%zu cases, %td failed\n", names.size(), failed);
    return names.empty() || failed != 0 ? 1 : 0;
}
