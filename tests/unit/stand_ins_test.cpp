// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <charconv>
#include <string_view>

namespace {

struct Outcome {
    double value = -1;
    std::errc error{};
    std::size_t used = 0;
};

// Ends in init/stand_ins.cpp, which is linked in.
Outcome read(std::string_view text, std::chars_format format = std::chars_format::general) {
    Outcome outcome;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), outcome.value, format);
    outcome.error = error;
    outcome.used = static_cast<std::size_t>(end - text.data());
    return outcome;
}

}  // namespace

TEST_CASE("a decimal number is read to some 15 digits") {
    CHECK(read("0.1").value == doctest::Approx(0.1).epsilon(1e-15));
    CHECK(read("-2.50").value == doctest::Approx(-2.5).epsilon(1e-15));
    CHECK(read("1e3").value == doctest::Approx(1000).epsilon(1e-15));
    CHECK(read("12.5E-1").value == doctest::Approx(1.25).epsilon(1e-15));
    CHECK(read("3.141592653589793238462643").value ==
          doctest::Approx(3.14159265358979).epsilon(1e-14));
    CHECK(read("123456789012345678901234567890").value ==
          doctest::Approx(1.2345678901234568e29).epsilon(1e-14));
    CHECK(read("0e999999999999").value == doctest::Approx(0));
}

TEST_CASE("a decimal number ends where it ends") {
    CHECK(read("1.5x").used == 3);
    CHECK(read("1.5e").used == 3);
    CHECK(read("1e+x").used == 1);
    CHECK(read("1e+2").used == 4);
    CHECK(read("1e3", std::chars_format::fixed).used == 1);
}

TEST_CASE("what is no number, or none that fits, changes nothing") {
    for (const auto* text : {"", "-", ".", "e5", "x1"}) {
        CAPTURE(text);
        CHECK(read(text).error == std::errc::invalid_argument);
        CHECK(read(text).used == 0);
    }
    for (const auto* text : {"1e400", "-1e999999999999", "1e-400"}) {
        CAPTURE(text);
        CHECK(read(text).error == std::errc::result_out_of_range);
        CHECK(read(text).value == doctest::Approx(-1));
    }
}
