// SPDX-License-Identifier: MIT
// What the child of a reload hands back comes from the same binary. Should it be damaged all the
// same, it is no Spec, or one whose image is the same again. An input is such an image; or, because
// the layout changes with each new key, a service file, a NUL byte and the damage to its image:
// three bytes each, where and what.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"
#include "config/spec_image.hpp"
#include "fuzz.hpp"

namespace {

class NoVariables final : public config::Environment {
  public:
    [[nodiscard]] std::optional<std::string_view> get(std::string_view) const override {
        return std::nullopt;
    }
};

void check_image(std::string_view image) {
    if (const auto spec = config::from_image(image)) {
        fuzz::require(config::to_image(*spec) == image);
        for (const auto& service : spec->services) {
            fuzz::require(!config::to_image(service, *spec).empty());
        }
    }
}

void damage(std::string& image, std::string_view places) {
    for (; places.size() >= 3; places.remove_prefix(3)) {
        const auto high = std::size_t{static_cast<unsigned char>(places[0])};
        const auto low = std::size_t{static_cast<unsigned char>(places[1])};
        image[(high << 8U | low) % image.size()] = places[2];
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view input{reinterpret_cast<const char*>(bytes), size};
    check_image(input);
    const auto end = std::min(input.find('\0'), size);
    const std::vector<config::SourceFile> files{
        {"x.toml", "/x", "x", false, std::string{input.substr(0, end)}}};
    if (const auto spec = config::load(files, NoVariables{})) {
        auto image = config::to_image(*spec);
        fuzz::require(config::from_image(image).has_value());
        damage(image, input.substr(std::min(end + 1, size)));
        check_image(image);
    }
    return 0;
}
