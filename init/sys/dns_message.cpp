// SPDX-License-Identifier: MIT
#include "sys/dns_message.hpp"

#include <algorithm>

namespace sys {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabel = 63;
constexpr std::uint16_t kInternet = 1;  // the class

// RFC 1035, 4.1.1: the bits of the third and fourth byte.
constexpr unsigned kIsAnswer = 0x8000;
constexpr unsigned kIsTruncated = 0x0200;
constexpr unsigned kRecursionDesired = 0x0100;
constexpr unsigned kCode = 0x000f;
constexpr unsigned kCodeNoName = 3;

void put16(DnsQuery& out, unsigned value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value & 0xff));
}

// Takes bytes from the front; once it ran short it stays short.
class Input {
  public:
    explicit Input(std::span<const std::uint8_t> bytes) : bytes_{bytes} {}

    std::span<const std::uint8_t> take(std::size_t count) {
        if (count > bytes_.size()) {
            is_short_ = true;
            bytes_ = {};
            return {};
        }
        const auto taken = bytes_.first(count);
        bytes_ = bytes_.subspan(count);
        return taken;
    }
    unsigned take16() {
        const auto two = take(2);
        return two.empty() ? 0 : unsigned{two[0]} << 8 | two[1];
    }
    // A name ends with an empty label, or with a pointer to the rest of it elsewhere.
    void skip_name() {
        for (;;) {
            const auto length = take(1);
            if (length.empty() || length[0] == 0) {
                return;
            }
            if (length[0] > kMaxLabel) {
                take(1);
                return;
            }
            take(length[0]);
        }
    }
    [[nodiscard]] bool is_short() const { return is_short_; }

  private:
    std::span<const std::uint8_t> bytes_;
    bool is_short_ = false;
};

unsigned asked_type(const DnsQuery& query) {
    return unsigned{query[query.size() - 4]} << 8 | query[query.size() - 3];
}

// Servers may answer in another case than they were asked; nothing else may differ.
bool is_same_question(std::span<const std::uint8_t> question, const DnsQuery& query) {
    const auto lower = [](std::uint8_t c) {
        return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
    };
    return std::equal(question.begin(), question.end(), query.begin() + kHeader, query.end(),
                      [&](std::uint8_t a, std::uint8_t b) { return lower(a) == lower(b); });
}

void take_record(Input& input, DnsType type, std::vector<DnsAddress>& addresses) {
    input.skip_name();
    const auto record_type = input.take16();
    const auto record_class = input.take16();
    input.take(4);  // time to live
    const auto data = input.take(input.take16());
    const std::size_t wanted = type == DnsType::A ? 4 : 16;
    if (record_type == static_cast<unsigned>(type) && record_class == kInternet &&
        data.size() == wanted) {
        DnsAddress address;
        address.type = type;
        std::copy(data.begin(), data.end(), address.bytes.begin());
        addresses.push_back(address);
    }
}

}  // namespace

DnsQuery make_dns_query(std::uint16_t id, std::string_view name, DnsType type) {
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    if (name.empty() || name.size() > kMaxName) {
        return {};
    }
    DnsQuery out;
    for (const unsigned word : {unsigned{id}, kRecursionDesired, 1U, 0U, 0U, 0U}) {
        put16(out, word);
    }
    for (std::size_t begin = 0; begin <= name.size();) {
        const auto label = name.substr(begin, name.find('.', begin) - begin);
        if (label.empty() || label.size() > kMaxLabel) {
            return {};
        }
        out.push_back(static_cast<std::uint8_t>(label.size()));
        out.insert(out.end(), label.begin(), label.end());
        begin += label.size() + 1;
    }
    out.push_back(0);
    put16(out, static_cast<unsigned>(type));
    put16(out, kInternet);
    return out;
}

DnsOutcome read_dns_answer(std::span<const std::uint8_t> message, const DnsQuery& query,
                           std::vector<DnsAddress>& addresses) {
    Input input{message};
    const auto id = input.take(2);
    const auto flags = input.take16();
    const auto questions = input.take16();
    const auto answers = input.take16();
    input.take(4);  // how many records of other kinds follow
    if (input.is_short() || (flags & kIsAnswer) == 0 ||
        !std::equal(id.begin(), id.end(), query.begin())) {
        return DnsOutcome::Foreign;
    }
    const auto code = flags & kCode;
    if (questions == 0 && code != 0) {
        return DnsOutcome::Failed;  // a server that did not even read the question
    }
    const auto question = input.take(query.size() - kHeader);
    if (questions != 1 || !is_same_question(question, query)) {
        return DnsOutcome::Foreign;
    }
    if (code != 0) {
        return code == kCodeNoName ? DnsOutcome::NoName : DnsOutcome::Failed;
    }
    if ((flags & kIsTruncated) != 0) {
        return DnsOutcome::Truncated;
    }
    const auto type = static_cast<DnsType>(asked_type(query));
    std::vector<DnsAddress> found;
    for (unsigned i = 0; i < answers && !input.is_short(); ++i) {
        take_record(input, type, found);
    }
    if (input.is_short()) {
        return DnsOutcome::Failed;
    }
    addresses.insert(addresses.end(), found.begin(), found.end());
    return DnsOutcome::Found;
}

}  // namespace sys
