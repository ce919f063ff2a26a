// SPDX-License-Identifier: MIT
#include "cli/exporter_http.hpp"

#include <algorithm>

#include "base/words.hpp"

namespace cli {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::string_view kBlanks = " \t";

bool is_control(char letter) {
    return static_cast<unsigned char>(letter) < ' ' || letter == '\x7f';
}

std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(kBlanks);
    return begin == std::string_view::npos
               ? ""
               : text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
        const char small = base::lower(letter);
        return (small >= 'a' && small <= 'z') || (letter >= '0' && letter <= '9') ||
               std::string_view{"!#$%&'*+-.^_`|~"}.find(letter) != std::string_view::npos;
    });
}

/// "1", "0.25": thousandths, at most 1000; -1 for anything else (RFC 9110, 12.4.2).
int parse_quality(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
        (text.size() > 1 && text[1] != '.')) {
        return -1;
    }
    int quality = (text[0] - '0') * 1000;
    int weight = 100;
    for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (digit < '0' || digit > '9') {
            return -1;
        }
        quality += (digit - '0') * weight;
        weight /= 10;
    }
    return quality <= 1000 ? quality : -1;
}

/// How much one form is wanted, by the media range that names it most exactly.
struct Preference {
    std::string_view type;
    std::string_view subtype;
    std::string_view version;
    int exactness = 0;  ///< 0 = nothing matched yet, 1 = "*/*", 2 = "type/*", 3 = "type/subtype"
    int quality = 0;

    void look_at(std::string_view range, std::string_view asked_version, int asked_quality) {
        const auto wanted_type = base::take_until(range, "/");
        int match = 0;
        if (base::equal_in_any_case(wanted_type, type) && base::equal_in_any_case(range, subtype)) {
            match = asked_version.empty() || asked_version == version ? 3 : 0;
        } else if (range == "*") {
            match = base::equal_in_any_case(wanted_type, type) ? 2 : wanted_type == "*" ? 1 : 0;
        }
        if (match > exactness || (match == exactness && match > 0 && asked_quality > quality)) {
            exactness = match;
            quality = asked_quality;
        }
    }
};

bool is_version(std::string_view text) {
    const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
    return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
           is_digit(text[7]);
}

/// "METHOD TARGET VERSION"; gives the status and fills in the rest.
int judge_line(std::string_view line, HttpAnswer& answer, bool& needs_host) {
    const auto method = base::take_until(line, " ");
    auto target = base::take_until(line, " ");
    if (!is_token(method) || target.empty() || !is_version(line) ||
        std::any_of(target.begin(), target.end(), [](char letter) {
            return is_control(letter) || static_cast<unsigned char>(letter) > '~';
        })) {
        return 400;
    }
    if (line[5] != '1') {
        return 505;
    }
    needs_host = line[7] != '0';
    if (target.starts_with("http://")) {
        // The form for proxies (RFC 9112, 3.2.2).
        target.remove_prefix(std::min(target.size(), target.find('/', 7)));
    }
    answer.is_head = method == "HEAD";
    if (target.substr(0, target.find('?')) != "/metrics") {
        return 404;
    }
    return method == "GET" || answer.is_head ? 200 : 405;
}

/// The header lines; false when one is wrong.
bool read_headers(std::string_view head, std::string& accept, int& hosts) {
    while (!head.empty()) {
        auto line = base::take_until(head, "\r\n");
        if (line.find(':') == std::string_view::npos ||
            line.find_first_of("\r\n") != std::string_view::npos) {
            return false;
        }
        const auto name = base::take_until(line, ":");
        if (!is_token(name)) {
            return false;
        }
        hosts += base::equal_in_any_case(name, "Host") ? 1 : 0;
        if (base::equal_in_any_case(name, "Accept")) {
            accept.append(accept.empty() ? "" : ",").append(trim(line));
        }
    }
    return true;
}

std::string_view reason_of(int status) {
    switch (status) {
    case 200:
        return "OK";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 414:
        return "URI Too Long";
    case 431:
        return "Request Header Fields Too Large";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Bad Request";
    }
}

}  // namespace

std::optional<HttpAnswer> judge_request(std::string_view received) {
    HttpAnswer answer;
    const auto fail = [&](int status) {
        answer.status = status;
        return answer;
    };
    const auto end = received.find(kEnd);
    auto head = received.substr(0, std::min(end, kMaxRequest));
    // No text has these, so what speaks another protocol need not be waited for.
    if (std::any_of(head.begin(), head.end(), [](char letter) {
            return is_control(letter) && letter != '\r' && letter != '\n' && letter != '\t';
        })) {
        return fail(400);
    }
    if (head.substr(0, head.find("\r\n")).size() > kMaxRequestLine) {
        return fail(414);
    }
    if (end == std::string_view::npos) {
        return received.size() < kMaxRequest ? std::nullopt : std::optional{fail(431)};
    }
    if (end > kMaxRequest - kEnd.size()) {
        return fail(431);
    }
    bool needs_host = false;
    const int status = judge_line(base::take_until(head, "\r\n"), answer, needs_host);
    std::string accept;
    int hosts = 0;
    if (status == 400 || !read_headers(head, accept, hosts)) {
        return fail(400);
    }
    if (status != 505 && (hosts > 1 || (needs_host && hosts == 0))) {
        return fail(400);
    }
    answer.format = negotiate(accept);
    return fail(status);
}

MetricsFormat negotiate(std::string_view accept) {
    Preference text{"text", "plain", "0.0.4"};
    Preference open{"application", "openmetrics-text", "1.0.0"};
    while (!accept.empty()) {
        auto item = base::take_until(accept, ",");
        const auto range = trim(base::take_until(item, ";"));
        std::string_view version;
        int quality = 1000;
        while (!item.empty()) {
            auto parameter = base::take_until(item, ";");
            const auto name = trim(base::take_until(parameter, "="));
            auto value = trim(parameter);
            if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
                value = value.substr(1, value.size() - 2);
            }
            if (base::equal_in_any_case(name, "q")) {
                quality = parse_quality(value);
            } else if (base::equal_in_any_case(name, "version")) {
                version = value;
            }
        }
        if (quality >= 0) {
            text.look_at(range, version, quality);
            open.look_at(range, version, quality);
        }
    }
    // Who names it wants it; a wildcard is content with the default.
    const bool is_named = open.exactness == 3 && open.quality > 0;
    return is_named && open.quality >= text.quality ? MetricsFormat::OpenMetrics
                                                    : MetricsFormat::Text;
}

std::string http_response(const HttpAnswer& answer, std::string_view page) {
    const bool is_open = answer.format == MetricsFormat::OpenMetrics;
    const auto number = std::to_string(answer.status);
    const auto title = number + " " + std::string{reason_of(answer.status)};
    const bool is_page = answer.status == 200;
    const auto body = is_page ? std::string{page} : title + "\n";
    std::string out = "HTTP/1.1 " + title + "\r\nContent-Type: ";
    out += !is_page  ? "text/plain; charset=utf-8"
           : is_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                     : "text/plain; version=0.0.4; charset=utf-8";
    out += "\r\nContent-Length: " + std::to_string(body.size());
    out += answer.status == 405 ? "\r\nAllow: GET, HEAD" : "";
    out += is_page ? "\r\nVary: Accept" : "";
    out += "\r\nConnection: close";
    out += kEnd;
    return answer.is_head ? out : out + body;
}

}  // namespace cli
