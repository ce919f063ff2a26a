// SPDX-License-Identifier: MIT
// What the child of a reload hands back comes from the same binary. Should it be damaged all the
// same, it is no Spec, or one whose image is the same again.
#include <string_view>

#include "config/spec_image.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(bytes), size};
    if (const auto spec = config::from_image(text)) {
        fuzz::require(config::to_image(*spec) == text);
        for (const auto& service : spec->services) {
            fuzz::require(!config::to_image(service, *spec).empty());
        }
    }
    return 0;
}
