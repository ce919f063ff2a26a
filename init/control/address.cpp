// SPDX-License-Identifier: MIT
#include "control/address.hpp"

#include <utility>

#include "sys/environment.hpp"

namespace control {

std::optional<std::string> abstract_address() {
    const auto mount = sys::namespace_inode("mnt");
    const auto pid = sys::namespace_inode("pid");
    if (!mount || !pid) {
        return std::nullopt;
    }
    return "@pidone-" + std::to_string(*mount) + "-" + std::to_string(*pid);
}

std::vector<std::string> default_addresses() {
    std::vector<std::string> addresses{std::string{kDefaultPath}};
    if (auto address = abstract_address()) {
        addresses.push_back(std::move(*address));
    }
    return addresses;
}

}  // namespace control
