// SPDX-License-Identifier: MIT
#include "log/pump_ring.hpp"

#include <algorithm>
#include <cstring>

namespace logging {
namespace {

constexpr std::uint64_t kAlign = 8;
constexpr std::size_t kSmallest = 4096;
constexpr std::size_t kLargest = std::size_t{64} * 1024 * 1024;

constexpr std::uint64_t aligned(std::uint64_t size) {
    return (size + kAlign - 1) / kAlign * kAlign;
}

}  // namespace

// In front of each text. A filler stands where the rest of the buffer is too short for a line; of
// it only the first half may be there.
struct Ring::Record {
    std::uint32_t size = 0;  ///< from this record to the next
    std::uint16_t length = 0;
    std::uint8_t stream = 0;
    std::uint8_t kind = 0;
    std::int64_t time = 0;

    static constexpr std::uint8_t kWhole = 1;
    static constexpr std::uint8_t kPart = 2;
    static constexpr std::uint8_t kFiller = 3;
};

Ring::Ring(RingHead& head, std::span<char> bytes) : head_{&head}, bytes_{bytes} {
    if (bytes_.empty()) {
        head_ = nullptr;
    } else if (!is_valid()) {
        head_->begin = head_->end = 0;
    }
}

std::size_t Ring::size_for(std::uint64_t wanted) {
    static_assert(kMaxServiceLine < UINT16_MAX);
    return wanted == 0 ? 0 : std::clamp<std::size_t>(aligned(wanted), kSmallest, kLargest);
}

Ring::Record Ring::record_at(std::uint64_t position) const {
    Record record;
    const auto at = position % bytes_.size();
    std::memcpy(&record, bytes_.data() + at, std::min(sizeof record, bytes_.size() - at));
    return record;
}

bool Ring::is_valid() const {
    const auto last = end();
    auto position = begin();
    if (position > last || last - position > bytes_.size() || position % kAlign != 0) {
        return false;
    }
    while (position < last) {
        const auto record = record_at(position);
        const auto room = bytes_.size() - position % bytes_.size();
        const bool is_line = record.kind == Record::kWhole || record.kind == Record::kPart;
        if (record.size < kAlign || record.size % kAlign != 0 || record.size > room ||
            (!is_line && record.kind != Record::kFiller) ||
            (is_line && record.size < sizeof record + record.length)) {
            return false;
        }
        position += record.size;
    }
    return position == last;
}

void Ring::put(std::uint64_t position, const Record& record) {
    const auto at = position % bytes_.size();
    std::memcpy(bytes_.data() + at, &record, std::min(sizeof record, bytes_.size() - at));
}

void Ring::push(const KeptLine& line) {
    if (head_ == nullptr) {
        return;
    }
    const auto text = line.piece.text.substr(0, bytes_.size() / 2 - sizeof(Record));
    const auto size = aligned(sizeof(Record) + text.size());
    const auto end = this->end();
    const auto room = bytes_.size() - end % bytes_.size();
    const auto filler = room < size ? room : 0;
    auto begin = this->begin();
    while (end + filler + size - begin > bytes_.size()) {
        begin += record_at(begin).size;
    }
    // In this order: what is overwritten is given up first, and what is new counts last.
    head_->begin = begin;
    if (filler > 0) {
        put(end, {.size = static_cast<std::uint32_t>(filler), .kind = Record::kFiller});
    }
    put(end + filler, {.size = static_cast<std::uint32_t>(size),
                       .length = static_cast<std::uint16_t>(text.size()),
                       .stream = static_cast<std::uint8_t>(line.stream),
                       .kind = line.piece.ends_line ? Record::kWhole : Record::kPart,
                       .time = line.time});
    std::copy(text.begin(), text.end(),
              bytes_.begin() +
                  static_cast<std::ptrdiff_t>((end + filler) % bytes_.size() + sizeof(Record)));
    head_->end = end + filler + size;
}

std::optional<KeptLine> Ring::next(std::uint64_t& position) const {
    position = std::max(position, begin());
    while (position < end()) {
        const auto record = record_at(position);
        const auto at = position % bytes_.size();
        position += record.size;
        if (record.kind != Record::kFiller) {
            return KeptLine{.time = record.time,
                            .stream = Stream{record.stream},
                            .piece = {{bytes_.data() + at + sizeof record, record.length},
                                      record.kind == Record::kWhole}};
        }
    }
    return std::nullopt;
}

}  // namespace logging
