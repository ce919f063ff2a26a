// SPDX-License-Identifier: MIT
#include "core/time_zone.hpp"

#include <algorithm>

namespace core {
namespace {

// RFC 8536, 3.1: the magic, the version, then six counts of four bytes.
constexpr std::string_view kMagic = "TZif";
constexpr std::size_t kHeader = 44;
constexpr std::size_t kVersion = 4;
constexpr std::size_t kCounts = 20;

// Reads big-endian numbers from the front; once it ran short it stays short.
class Input {
  public:
    explicit Input(std::string_view bytes) : bytes_{bytes} {}

    std::string_view take(std::size_t size) {
        if (size > bytes_.size()) {
            is_short_ = true;
            bytes_ = {};
            return {};
        }
        const auto taken = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return taken;
    }
    std::int64_t number(std::size_t size) {
        std::uint64_t value = 0;
        const auto bytes = take(size);
        for (const char c : bytes) {
            value = value << 8 | static_cast<unsigned char>(c);
        }
        return size == 4 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(value))
                         : static_cast<std::int64_t>(value);
    }
    [[nodiscard]] std::string_view rest() const { return bytes_; }
    [[nodiscard]] bool is_short() const { return is_short_; }

  private:
    std::string_view bytes_;
    bool is_short_ = false;
};

struct Header {
    char version = 0;
    std::size_t is_ut = 0;
    std::size_t is_standard = 0;
    std::size_t leaps = 0;
    std::size_t times = 0;
    std::size_t types = 0;
    std::size_t characters = 0;

    [[nodiscard]] std::size_t rest(std::size_t width) const {
        return characters + leaps * (width + 4) + is_standard + is_ut;
    }
};

std::optional<Header> take_header(Input& input) {
    const auto bytes = input.take(kHeader);
    if (!bytes.starts_with(kMagic)) {
        return std::nullopt;
    }
    Header header;
    header.version = bytes[kVersion];
    Input counts{bytes.substr(kCounts)};
    for (auto* count : {&header.is_ut, &header.is_standard, &header.leaps, &header.times,
                        &header.types, &header.characters}) {
        *count = static_cast<std::uint32_t>(counts.number(4));
    }
    return header;
}

constexpr std::size_t kTypeSize = 6;  // offset, is it summer, which name

}  // namespace

base::Result<TimeZone, const char*> TimeZone::parse(std::string_view file, WallTime since) {
    constexpr base::unexpected<const char*> kBroken{"is no time zone file (TZif)"};
    Input input{file};
    auto header = take_header(input);
    if (!header) {
        return kBroken;
    }
    std::size_t width = 4;
    if (header->version != '\0') {
        // The same again in 64 bits, behind what is for old readers.
        input.take(header->times * 5 + header->types * kTypeSize + header->rest(width));
        header = take_header(input);
        width = 8;
    }
    if (!header || header->types == 0 || header->times > file.size()) {
        return kBroken;
    }
    Input times{input.take(header->times * width)};
    const auto indices = input.take(header->times);
    const auto types = input.take(header->types * kTypeSize);
    input.take(header->rest(width));
    if (input.is_short()) {
        return kBroken;
    }
    const auto offset_of = [&](std::size_t type) {
        return static_cast<int>(Input{types.substr(type * kTypeSize)}.number(4));
    };
    for (std::size_t type = 0; type < header->types; ++type) {
        if (offset_of(type) <= -kFarthestClock || offset_of(type) >= kFarthestClock) {
            return kBroken;
        }
    }
    TimeZone zone;
    zone.first_offset_ = offset_of(0);
    for (const char index : indices) {
        const auto type = static_cast<unsigned char>(index);
        const Transition next{times.number(width),
                              type < header->types ? offset_of(type) : zone.first_offset_};
        if (next.at <= since) {
            zone.first_offset_ = next.offset;
        } else {
            zone.transitions_.push_back(next);
        }
    }
    const auto footer = input.rest();
    if (width == 8 && footer.size() > 2 && footer.front() == '\n') {
        zone.rule_ = parse_zone_rule(footer.substr(1, footer.find('\n', 1) - 1));
        if (!zone.rule_) {
            return base::unexpected<const char*>{
                "has a rule for the years to come that cannot be read"};
        }
    }
    return zone;
}

int TimeZone::offset(WallTime time) const {
    const auto next =
        std::upper_bound(transitions_.begin(), transitions_.end(), time,
                         [](WallTime moment, const Transition& t) { return moment < t.at; });
    if (next == transitions_.end() && rule_) {
        return offset_by(*rule_, time);
    }
    return next == transitions_.begin() ? first_offset_ : std::prev(next)->offset;
}

}  // namespace core
