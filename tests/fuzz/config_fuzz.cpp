// SPDX-License-Identifier: MIT
// Any bytes may stand in a service file. They are loaded, or there is a complaint that can be
// shown; and what `pidone show` prints of a loaded service loads again to the same.
#include <algorithm>
#include <string>
#include <vector>

#include "cli/show_toml.hpp"
#include "config/load.hpp"
#include "fuzz.hpp"

using fuzz::require;

namespace {

class NoVariables final : public config::Environment {
  public:
    [[nodiscard]] std::optional<std::string_view> get(std::string_view) const override {
        return std::nullopt;
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text{reinterpret_cast<const char*>(bytes), size};
    const auto load = [](const std::string& content) {
        const std::vector<config::SourceFile> files{{"x.toml", "/x", "x", false, content}};
        return config::load(files, NoVariables{});
    };
    const auto spec = load(text);
    if (!spec) {
        const auto complaint = spec.error().render();
        require(!complaint.empty());
        // A terminal must not obey it.
        require(std::ranges::all_of(complaint, [](unsigned char byte) {
            return (byte >= ' ' || byte == '\n') && byte != 0x7f;
        }));
        return 0;
    }
    const auto shown = cli::service_toml(*spec, spec->services.front());
    const auto again = load(shown);
    require(again.has_value());
    require(cli::service_toml(*again, again->services.front()) == shown);
    return 0;
}
