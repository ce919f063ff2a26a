// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "log/pump_line.hpp"

namespace {

using logging::LineStyle;
using logging::LineWriter;
using logging::Piece;
using logging::PumpFormat;

struct LineCutter : logging::LineCutter {
    using logging::LineCutter::LineCutter;
    std::optional<Piece> next() {
        Piece piece;
        return logging::LineCutter::next(piece) ? std::optional{piece} : std::nullopt;
    }
};

constexpr std::size_t kMax = logging::kMaxServiceLine;

// 2026-01-02T03:04:05.678Z
const logging::TimeText kTime{1'767'323'045'678};

std::string written(const LineStyle& style, const Piece& piece, bool continues = false) {
    logging::Sheet sheet;
    LineWriter{style}.write(sheet, piece, continues, kTime);
    return std::string{sheet.view()};
}

std::string bare(const LineStyle& style, const Piece& piece, bool continues = false) {
    logging::Sheet sheet;
    LineWriter{style}.write_bare(sheet, piece, continues, kTime);
    return std::string{sheet.view()};
}

std::string json(std::string_view text) {
    logging::Sheet sheet;
    sheet.reserve(text.size() * 6);
    logging::put_json(sheet, text);
    return std::string{sheet.view()};
}

}  // namespace

TEST_CASE("a chunk is cut into its lines, and the begin of one is left") {
    LineCutter cutter{"one\n\ntwo\nbeg", false};
    CHECK(cutter.next()->text == "one");
    CHECK(cutter.next()->text.empty());
    const auto two = cutter.next();
    CHECK(two->text == "two");
    CHECK(two->ends_line);
    CHECK_FALSE(cutter.next());
    CHECK(cutter.left() == 3);
}

TEST_CASE("the rest is a part of a line when it is asked for") {
    LineCutter cutter{"one\nbeg", true};
    CHECK(cutter.next()->ends_line);
    const auto part = cutter.next();
    CHECK(part->text == "beg");
    CHECK_FALSE(part->ends_line);
    CHECK_FALSE(cutter.next());
    CHECK(cutter.left() == 0);
}

TEST_CASE("a line of the limit stays one, a longer one is passed on in parts") {
    const std::string longest(kMax, 'a');
    const auto one_line = longest + "\n";
    LineCutter whole{one_line, false};
    const auto line = whole.next();
    CHECK(line->text.size() == kMax);
    CHECK(line->ends_line);

    const auto text = longest + "b\n";
    LineCutter parts{text, false};
    const auto first = parts.next();
    CHECK(first->text.size() == kMax);
    CHECK_FALSE(first->ends_line);
    const auto second = parts.next();
    CHECK(second->text == "b");
    CHECK(second->ends_line);

    LineCutter waiting{longest, false};
    CHECK_FALSE(waiting.next());
}

TEST_CASE("a line is cut between two characters") {
    const auto text = std::string(kMax - 1, 'a') + "\xe2\x82\xac and more";
    LineCutter cutter{text, false};
    CHECK(cutter.next()->text.size() == kMax - 1);
    const std::string junk(kMax + 8, '\x80');
    LineCutter torn{junk, false};
    CHECK(torn.next()->text.size() == kMax);
}

TEST_CASE("prefix lines have the name in a column of its own") {
    const LineStyle style{.name = "web", .width = 5};
    CHECK(written(style, {"hello", true}) == "web   | hello\n");
    CHECK(written(style, {"hello", false}, true) == "web   + hello\n");
    CHECK(written(style, {"", true}) == "web   | \n");
}

TEST_CASE("prefix lines have a time and a color when asked") {
    const LineStyle style{.has_timestamps = true, .name = "web", .color = 36};
    CHECK(written(style, {"x", true}) == "\x1b[36mweb |\x1b[0m 2026-01-02T03:04:05.678Z x\n");
}

TEST_CASE("a service's own file has its lines as they are") {
    const LineStyle style{.name = "web"};
    CHECK(bare(style, {"one", true}) == "one\n");
    CHECK(bare(style, {"on", false}) == "on");
    const LineStyle timed{.has_timestamps = true, .name = "web"};
    CHECK(bare(timed, {"one", true}) == "2026-01-02T03:04:05.678Z one\n");
    CHECK(bare(timed, {"rest", true}, true) == "rest\n");
}

TEST_CASE("JSON lines name service and stream, and mark the part of a line") {
    const LineStyle style{
        .format = PumpFormat::Json, .name = "web", .stream = logging::Stream::Err};
    CHECK(
        written(style, {"a\"b", true}) ==
        R"({"time":"2026-01-02T03:04:05.678Z","service":"web","stream":"stderr","message":"a\"b"})"
        "\n");
    CHECK(
        written(style, {"a", false}) ==
        R"({"time":"2026-01-02T03:04:05.678Z","service":"web","stream":"stderr","message":"a","partial":true})"
        "\n");
    CHECK(bare(style, {"a", true}) == written(style, {"a", true}));
}

TEST_CASE("JSON text escapes what it cannot hold") {
    CHECK(json("plain") == "plain");
    CHECK(json("a\tb\rc\\d\"") == R"(a\tb\rc\\d\")");
    CHECK(json(std::string_view{"\0\x1b\x7f", 3}) == R"(\u0000\u001b\u007f)");
    CHECK(json("\xc3\xa9\xf0\x9f\x90\x98") == "\xc3\xa9\xf0\x9f\x90\x98");
    CHECK(json("\xff\xc3(\xe2\x82") == R"(\ufffd\ufffd(\ufffd\ufffd)");
    CHECK(json("\xed\xa0\x80") == R"(\ufffd\ufffd\ufffd)");
}

TEST_CASE("JSON text escapes every byte at every place of a word") {
    for (int value = 0; value < 256; ++value) {
        const char byte = static_cast<char>(value);
        const auto alone = json(std::string(1, byte));
        for (std::size_t place = 0; place < 20; ++place) {
            const std::string before(place, 'a');
            CHECK(json(before + byte + "bcdefghijk") == before + alone + "bcdefghijk");
            CHECK(json(before + byte + byte) == before + alone + alone);
        }
    }
}

TEST_CASE("a time is read as it is written") {
    CHECK(kTime.view() == "2026-01-02T03:04:05.678Z");
    CHECK(logging::parse_time("2026-01-02T03:04:05.678Z") == 1'767'323'045'678);
    CHECK(logging::parse_time("2026-01-02T03:04:05Z") == 1'767'323'045'000);
    for (const auto* wrong :
         {"", "2026-01-02", "2026-13-02T03:04:05Z", "2026-01-02T24:04:05Z", "2026-01-02T03:04:05",
          "2026-01-02T03:04:05Zx", "2026-02-30T00:00:00Z", "-026-01-02T03:04:05Z"}) {
        CHECK_FALSE(logging::parse_time(wrong));
    }
}
