// SPDX-License-Identifier: MIT
// Plain stand-ins for what the static binary would otherwise pull out of libstdc++ and glibc and
// never use: 190 KB, because the linker takes one of these in its place. A name that a later
// library defines elsewhere is an error of the linker, never a surprise at run time.
#include <assert.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

[[noreturn]] void die(std::string_view file, std::string_view what) {
    for (const auto part : {std::string_view{"pidone: assertion failed: "}, file,
                            std::string_view{": "}, what, std::string_view{"\n"}}) {
        static_cast<void>(!::write(STDERR_FILENO, part.data(), part.size()));
    }
    std::abort();
}

std::string_view view(const char* text) {
    return text != nullptr ? std::string_view{text} : std::string_view{"?"};
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The number at `text`, and how far it went: mantissa and power of ten.
struct Decimal {
    std::uint64_t mantissa = 0;
    int exponent = 0;
    const char* end = nullptr;
};

constexpr int kHugeExponent = 9999;  // beyond every double; more digits change nothing

// Digits beyond the 18th are below what is asked for and only scale.
const char* read_digits(const char* text, const char* last, Decimal& number, bool is_fraction) {
    constexpr std::uint64_t kFull = 100'000'000'000'000'000;
    for (; text != last && is_digit(*text); ++text) {
        const bool is_kept = number.mantissa < kFull;
        if (is_kept) {
            number.mantissa = number.mantissa * 10 + static_cast<std::uint64_t>(*text - '0');
        }
        number.exponent += (is_fraction ? -1 : 0) + (is_kept ? 0 : 1);
    }
    return text;
}

const char* read_exponent(const char* text, const char* last, Decimal& number) {
    if (text == last || (*text != 'e' && *text != 'E')) {
        return text;
    }
    const bool is_negative = text + 1 != last && text[1] == '-';
    const char* digits = text + 1 + (is_negative || (text + 1 != last && text[1] == '+') ? 1 : 0);
    if (digits == last || !is_digit(*digits)) {
        return text;
    }
    int value = 0;
    for (; digits != last && is_digit(*digits); ++digits) {
        value = std::min(value * 10 + (*digits - '0'), kHugeExponent);
    }
    number.exponent += is_negative ? -value : value;
    return digits;
}

}  // namespace

// NOLINTBEGIN(*-identifier,*-naming,cert-dcl58-cpp,*-parameter-name): the libraries chose them

namespace __gnu_cxx {

void __verbose_terminate_handler();

// libstdc++'s names the exception that nobody caught, and takes a demangler and its printf along.
// Nothing here throws but a failed allocation before the loop starts.
void __verbose_terminate_handler() {
    std::abort();
}

}  // namespace __gnu_cxx

namespace std {

// Checked indices: the message without printf.
void __glibcxx_assert_fail(const char* file, int, const char* function,
                           const char* condition) noexcept {
    die(view(function != nullptr ? function : file), view(condition));
}

// toml++ reads numbers such as 0.1 with it. libstdc++'s is exact to the last bit by means of tables
// and of strtold(3) with its locales; this one is to some 15 digits, and no key wants more than 4.
from_chars_result from_chars(const char* first, const char* last, double& value,
                             chars_format format) noexcept {
    Decimal number;
    const char* text = first;
    if (text != last && *text == '-') {
        ++text;
    }
    const bool is_negative = text != first;
    const char* digits = text;
    text = read_digits(text, last, number, false);
    bool has_digits = text != digits;
    if (text != last && *text == '.') {
        digits = text + 1;
        text = read_digits(digits, last, number, true);
        has_digits = has_digits || text != digits;
    }
    if (!has_digits) {
        return {first, errc::invalid_argument};
    }
    if ((format & chars_format::scientific) != chars_format{}) {
        text = read_exponent(text, last, number);
    }
    auto result = static_cast<double>(number.mantissa);
    for (int left = std::min(std::abs(number.exponent), kHugeExponent);
         left > 0 && result != 0 && !std::isinf(result); --left) {
        result = number.exponent < 0 ? result / 10 : result * 10;
    }
    if (std::isinf(result) || (result == 0 && number.mantissa != 0)) {
        return {text, errc::result_out_of_range};
    }
    value = is_negative ? -result : result;
    return {text, errc{}};
}

}  // namespace std

extern "C" {

char* __dcgettext(const char* domain, const char* message, int category);

// glibc's own messages are never translated here: no catalogues, and no iconv and dlopen for them.
char* __dcgettext(const char*, const char* message, int) {
    return const_cast<char*>(message);
}

// Only glibc's own assertions arrive here; its text is made with printf and wide streams.
void __assert_fail(const char* assertion, const char* file, unsigned, const char*) noexcept {
    die(view(file), view(assertion));
}

}  // extern "C"
// NOLINTEND(*-identifier,*-naming,cert-dcl58-cpp,*-parameter-name): the libraries chose them
