// SPDX-License-Identifier: MIT
// Any bytes may stand in a service file. They are loaded, or there is a complaint that can be
// shown; and what `pidone show` prints of a loaded service loads again to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/show_toml.hpp"
#include "config/load.hpp"
#include "config/render.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace {

class NoVariables final : public config::Environment {
  public:
    [[nodiscard]] std::optional<std::string_view> get(std::string_view) const override {
        return std::nullopt;
    }
};

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

void check_template(const std::string& text) {
    const bool is_fine = config::check_template(text, NoVariables{}).empty();
    const auto rendered = config::render_template(text, NoVariables{});
    require(is_fine == rendered.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text{reinterpret_cast<const char*>(bytes), size};
    check_template(text);
    const auto load = [](const std::string& content) {
        const std::vector<config::SourceFile> files{{"x.toml", "/x", "x", false, content}};
        return config::load(files, NoVariables{});
    };
    const auto spec = load(text);
    if (!spec) {
        require(!spec.error().render().empty());
        return 0;
    }
    const auto shown = cli::service_toml(*spec, spec->services.front());
    const auto again = load(shown);
    require(again.has_value());
    require(cli::service_toml(*again, again->services.front()) == shown);
    return 0;
}
