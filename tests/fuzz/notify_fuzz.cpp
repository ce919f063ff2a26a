// SPDX-License-Identifier: MIT
// Any bytes may arrive at a notification socket. They are refused, or they say something that
// points nowhere else and that further lines only add to.
#include <functional>
#include <string>
#include <string_view>

#include "fuzz.hpp"
#include "sys/notify.hpp"

using fuzz::require;

namespace {

void check_message(std::string_view text, const sys::NotifyMessage& message) {
    require(text.size() <= sys::kNotifyMax && text.find('\0') == std::string_view::npos);
    require(base::raw(message.main_pid) >= 0);
    require(message.has_status || message.status.empty());
    if (!message.status.empty()) {
        const std::less_equal<const char*> not_behind;
        require(not_behind(text.data(), message.status.data()));
        require(
            not_behind(message.status.data() + message.status.size(), text.data() + text.size()));
        require(message.status.find('\n') == std::string_view::npos);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text{reinterpret_cast<const char*>(bytes), size};
    const auto message = sys::parse_notify(text);
    if (!message) {
        return 0;
    }
    check_message(text, *message);
    const auto more = text + "\nREADY=1\nSTATUS=up";
    const auto again = sys::parse_notify(more);
    require(again.has_value() == (more.size() <= sys::kNotifyMax));
    if (again) {
        require(again->is_ready && again->status == "up" && again->main_pid == message->main_pid);
    }
    return 0;
}
