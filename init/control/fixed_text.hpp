// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace control {

/// A short text held in place: at most Size - 1 bytes and a final NUL, which is also how it
/// travels. Longer texts are cut, never in the middle of a UTF-8 sequence. Never allocates.
template <std::size_t Size>
class FixedText {
  public:
    static_assert(Size > 1);
    static constexpr std::size_t kCapacity = Size - 1;

    constexpr FixedText() = default;
    /// Copies `text` up to its first NUL or the capacity, whichever comes first.
    constexpr explicit FixedText(std::string_view text) {
        text = text.substr(0, text.find('\0'));
        if (text.size() > kCapacity) {
            size_ = kCapacity;
            while (size_ > 0 && (static_cast<unsigned char>(text[size_]) & 0xC0U) == 0x80U) {
                --size_;
            }
        } else {
            size_ = text.size();
        }
        std::copy_n(text.begin(), size_, bytes_.begin());
    }

    [[nodiscard]] constexpr std::string_view view() const { return {bytes_.data(), size_}; }
    [[nodiscard]] constexpr bool is_empty() const { return size_ == 0; }

    friend constexpr bool operator==(const FixedText& left, const FixedText& right) {
        return left.view() == right.view();
    }

  private:
    std::array<char, Size> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace control
