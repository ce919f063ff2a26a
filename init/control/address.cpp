// SPDX-License-Identifier: MIT
#include "control/address.hpp"

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

}  // namespace control
