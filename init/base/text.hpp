// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace base {

/// A short text that lives in itself, so PID 1 can word an event without allocating. Cut at 63
/// bytes.
class Text {
  public:
    Text() = default;
    explicit Text(std::string_view text) { append(text); }

    Text& append(std::string_view text) {
        const auto count = std::min(text.size(), bytes_.size() - size_);
        std::copy_n(text.begin(), count, bytes_.begin() + size_);
        size_ = static_cast<std::uint8_t>(size_ + count);
        return *this;
    }
    Text& append(std::int64_t number) {
        std::array<char, 20> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return append(
            std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())});
    }

    [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }
    operator std::string_view() const {
        return view();
    }  // NOLINT(google-explicit-constructor): it is a text
    operator std::string() const {
        return std::string{view()};
    }  // NOLINT(google-explicit-constructor): likewise

    friend bool operator==(const Text& a, std::string_view b) { return a.view() == b; }
    friend std::string operator+(std::string_view a, const Text& b) {
        return std::string{a}.append(b.view());
    }
    friend std::string operator+(const Text& a, std::string_view b) {
        return std::string{a.view()}.append(b);
    }

  private:
    std::array<char, 63> bytes_{};
    std::uint8_t size_ = 0;
};

}  // namespace base
